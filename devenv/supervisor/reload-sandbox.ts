// `reload`: the process that runs loads its conf and scripts once more, as `-s reload` does. It tells how that went in its
// records, so that is where the answer is found, whoever started the process.
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { sandboxKey } from '../../servers/contract/names.ts'
import { parseRecordLine } from '../../servers/contract/record.ts'
import { followLines, readNewest } from '../records/log-files.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { BOOT_DEADLINE_MS } from './boot-candidate.ts'
import type { Sandbox } from './sandbox.ts'

/** The records' way through the collector. */
const RECORDS_MARGIN_MS = 5_000

/** Resolves when the new scripts serve. Throws RELOAD_FAILED: nothing has changed, or nobody has said that it has. */
export async function reloadSandbox(
  sandbox: Pick<Sandbox, 'name' | 'pid' | 'signal'>,
  layout: YardLayout,
): Promise<void> {
  const { name, pid } = sandbox
  const refuse = (why: string) => new EdgeyardError('RELOAD_FAILED', `Cannot reload ${sandboxKey(name)}: ${why}`)
  const folder = layout.logs(name.server, name.developer)
  const { place } = await readNewest(folder, { count: 0 })
  if (!sandbox.signal('SIGHUP')) throw refuse('it is not running')
  const heard = new AbortController()
  let said: string | null = null
  const onLine = (line: string) => {
    const record = parseRecordLine(line, name)
    if (record.pid !== pid || !SAYS_HOW.test(record.message)) return
    said = record.message
    heard.abort()
  }
  const signal = AbortSignal.any([heard.signal, AbortSignal.timeout(BOOT_DEADLINE_MS + RECORDS_MARGIN_MS)])
  await followLines(folder, place, { onLine, signal })
  const message = said as string | null
  if (message === null) throw refuse(`it has not said how it went; see its logs`)
  if (!message.startsWith('reloaded')) throw refuse(message)
}

/** What the runtime says at the end of a reload; a thrown error is told as itself, with a note. */
const SAYS_HOW = /^reloaded\b|reload failed, nothing has changed/
