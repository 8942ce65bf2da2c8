// `--ports-from` and `--host` are said on the first start, until one has set the yard up: afterwards yard.yml says them.
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { isMap, isScalar, parseDocument, YAMLMap } from 'yaml'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { parseSettings } from './read-settings.ts'

export interface Remembered {
  readonly host?: string | undefined
  readonly portsFrom?: number | undefined
}

/**
 * Writes into yard.yml what was said; comments and order stay. `started`: this root holds a yard already. Throws
 * `YARD_SETTINGS` when a value is not allowed, or differs from what the yard was started with: the ports are in its
 * values files by then, and clients and git remotes know them.
 */
export async function rememberSettings(file: string, wanted: Remembered, started: boolean): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const next = withSettings(text, wanted, started)
  if (next === text) return
  parseSettings(next, file)
  await mkdir(dirname(file), { recursive: true })
  // An outside MySQL's password may stand in it.
  await writeFileAtomic(file, next, { mode: 0o600 })
}

/** Pure: the text of yard.yml with the wanted settings in it. */
export function withSettings(text: string, wanted: Remembered, started: boolean): string {
  const document = parseDocument(text)
  const { contents } = document
  const empty = contents === null || (isScalar(contents) && contents.value === null)
  // Whoever reads it next says what is wrong.
  if (document.errors.length > 0 || !(empty || isMap(contents))) return text
  let changed = false
  for (const [key, option, value] of [
    ['host', '--host', wanted.host],
    ['ports_from', '--ports-from', wanted.portsFrom],
  ] as const) {
    if (value === undefined) continue
    const current: unknown = isMap(document.contents) ? document.get(key) : undefined
    if (current === value) continue
    if (started) {
      const now = current === undefined || current === null ? `without ${option}` : `with ${key}: ${current}`
      throw new EdgeyardError(
        'YARD_SETTINGS',
        `Cannot use ${option} ${value}: this yard was set up ${now}; leave ${option} out, or use another --root`,
      )
    }
    if (!isMap(document.contents)) document.contents = new YAMLMap() as never
    document.set(key, value)
    changed = true
  }
  return changed ? document.toString() : text
}
