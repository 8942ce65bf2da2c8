// Types and documentation follow the common library and the types of scripts: made anew when either has changed.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Docs } from '../../servers/contract/docs.ts'
import { messageOf } from '../../servers/contract/errors.ts'
import { SERVERS, TYPES_BRANCH } from '../../servers/contract/names.ts'
import { runOk } from '../exec/run-command.ts'
import { listBranches } from '../git/refs.ts'
import { commonCommit } from '../git/uses-common.ts'
import { createLock } from './lock.ts'
import type { YardContext } from './yard-context.ts'

/** Longer than the compiler's own deadline. */
const PUBLISH_TIMEOUT_MS = 90_000

/** Two at once would push the same branch; the second finds that there is nothing left to do. */
const lock = createLock()

/** Never rejects: whatever goes wrong here, what runs is right, and the next try is at the next push or start. */
export function publishCommon(context: YardContext, progress: (line: string) => void): Promise<void> {
  return lock(() => publish(context, progress)).catch((error: unknown) => {
    const message = `Cannot renew the types and the documentation: ${messageOf(error)}`
    context.log('error', message)
    progress(message)
  })
}

async function publish({ layout, projectRoot }: YardContext, progress: (line: string) => void): Promise<void> {
  const [script, common, ...branches] = await Promise.all([
    readFile(join(projectRoot, 'servers/contract/script.ts')),
    commonCommit(layout),
    ...SERVERS.map((server) => listBranches(layout, server)),
  ])
  const madeOf = createHash('sha256').update(`${FORMAT} ${common}\n`).update(script).digest('hex').slice(0, 32)
  const isThere = branches.every((each) => each.has(TYPES_BRANCH))
  if (isThere && (await readMadeOf(layout.docs.file)) === madeOf) return
  const program = join(projectRoot, 'dist/hooks/publish-common.js')
  const what = ['--root', layout.root, '--project', projectRoot, '--made-of', madeOf]
  const { stdout } = await runOk(
    { file: process.execPath, args: [program, ...what] },
    { timeoutMs: PUBLISH_TIMEOUT_MS },
  )
  for (const line of stdout.toString('utf8').split('\n').filter(Boolean)) progress(line)
}

/** What the documentation was made of; undefined where there is none, or it is spoilt: it is made anew. */
export async function readMadeOf(file: string): Promise<string | undefined> {
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as Partial<Docs>).madeOf
  } catch {
    return undefined
  }
}

/** To be counted up when the same sources give another documentation. */
const FORMAT = 1
