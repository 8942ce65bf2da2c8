// What the tests of this room render: the seed files with dev1 and dev2 in them, and the facts of a made-up yard.
import { fileURLToPath } from 'node:url'
import type { Diagnostic } from '../servers/contract/diagnostic.ts'
import { addDevelopers } from './edit-values.ts'
import { readSeed } from './read-seed.ts'
import type { DeveloperFacts, TemplateFiles, YardFacts } from './render.ts'

/** The project's folder, from where this file is compiled to. */
export const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url))

export async function yardFiles(): Promise<TemplateFiles> {
  const ports = new Map([
    ['dev1', { socketserver: 1081, dtserver: 1181, redis: 6381 }],
    ['dev2', { socketserver: 1082, dtserver: 1182, redis: 6382 }],
  ])
  return addDevelopers(await readSeed(PROJECT_ROOT), ports)
}

export const FACTS: YardFacts = {
  root: '/opt/hhl',
  host: '127.0.0.1',
  developers: [developer('master', 0), developer('dev1', 1), developer('dev2', 2)],
  mysql: { address: 'unix:/opt/hhl/run/mysql/mysql.sock', database: 'hhl' },
  ports: { ssh: 2222, viewer: 8088 },
}

function developer(name: string, index: number): DeveloperFacts {
  const uid = index === 0 ? null : 20000 + index
  return {
    name,
    index,
    uid,
    redisPassword: `redis-secret-${index}`,
    mysqlUser: name,
    mysqlPassword: `mysql-secret-${index}`,
  }
}

/** A copy with one text of one file replaced, which must be there. */
export function withText(files: TemplateFiles, name: string, from: string, to: string): TemplateFiles {
  if (!files[name]?.includes(from)) throw new Error(`${name} has no ${from}`)
  return { ...files, [name]: files[name].replace(from, () => to) }
}

/** A diagnostic in one line, with what the caret underlines instead of its numbers. */
export function brief({ file, message, hint, lineText = '', column, length = 1 }: Diagnostic): string {
  const underlined = lineText.slice(column - 1, column - 1 + length)
  return `${file}: ${message}${hint ? `; ${hint}` : ''} <${underlined}>`
}
