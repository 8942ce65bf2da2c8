// The audit trail: one record for each act of a developer or the operator, among the daemon's own. `audit: true` finds them.
import { messageOf } from '../../servers/contract/errors.ts'
import { isDeveloperName, isServerName, MASTER } from '../../servers/contract/names.ts'
import type { AuditEntry } from '../control/audit-entry.ts'
import { type By, OPERATOR } from '../control/by.ts'
import { printable } from '../control/printable.ts'
import type { YardLog } from './yard-context.ts'

/** Of each text of a record: a ref may be long, and a reason may quote one. */
const TEXT_MAX = 300
/** As git shows a commit, and a release is named. */
const COMMIT_SHOWN = 12

/** Writes one record; what clients chose freely is cut to a length, and its control characters are shown as `?`. */
export type Audit = (by: By, entry: AuditEntry) => void

export function createAudit(log: YardLog): Audit {
  return (by, entry) => {
    const { who, key } = by
    if (entry.said !== undefined) tellDeveloper(log, by, { ...entry, said: entry.said })
    if (entry.said !== undefined && entry.result === 'done') return
    const [act, target, result] = [cut(entry.act), cut(entry.target), cut(entry.result)]
    const [old, next] = [entry.old && cut(entry.old), entry.new && cut(entry.new)]
    const move = old === next ? '' : `, ${old ?? 'nothing'} → ${next ?? 'nothing'}`
    log(
      result === 'done' ? 'notice' : 'warn',
      `${who}: ${act} ${target}${move}${result === 'done' ? '' : `: ${result}`}`,
      {
        ...{ audit: true, who, key, act, target, old, new: next, result, ms: Math.round(entry.ms) },
        ...(entry.at !== undefined && { at: cut(entry.at) }),
      },
    )
  }
}

/**
 * How a push went, among the records of the server it was for. Those of no server, and of httpserver, which hardly anybody has for
 * themselves, are the yard's about the developer: there is a folder for them, which only the operator
 * reads, as all that a yard says.
 */
function tellDeveloper(
  log: YardLog,
  { who }: By,
  { target, new: commit, result, ms, said }: AuditEntry & { said: string },
): void {
  const [repository = '', ref = ''] = target.split(' ')
  // Whose branch it is decides only for the operator: nobody writes into another's records.
  const developer = who === OPERATOR.who ? ref.replace('refs/heads/', '') : who
  if (!isDeveloperName(developer)) return
  const isOwn = isServerName(repository) && (repository !== 'httpserver' || developer === MASTER)
  const server = isOwn ? repository : 'edgeyard'
  const isDone = result === 'done'
  const head = `push of ${commit?.slice(0, COMMIT_SHOWN) ?? 'nothing'} to ${cut(target)} ${isDone ? 'accepted' : cut(result)}`
  const lines = said.split('\n').map(printable).join('\n')
  const fields = { push: true, commit, result: cut(result), ms: Math.round(ms) }
  log(isDone ? 'notice' : 'warn', `${head}\n${lines}`, fields, { server, developer })
}

export interface Work<T> {
  readonly act: string
  readonly target: string
  /** What stands there; asked before and after. */
  state?(): Promise<string | null>
  run(): Promise<T>
}

/** Does something and writes down how it ended. Rethrows. */
export async function audited<T>(audit: Audit, by: By, { act, target, state, run }: Work<T>): Promise<T> {
  const begin = performance.now()
  const ask = async () => (await state?.().catch(() => null)) ?? null
  const old = await ask()
  const tell = async (result: string) => {
    audit(by, { act, target, old, new: await ask(), result, ms: performance.now() - begin })
  }
  try {
    const result = await run()
    await tell('done')
    return result
  } catch (error) {
    await tell(messageOf(error).split('\n', 1)[0] ?? '')
    throw error
  }
}

function cut(text: string): string {
  return printable(text).slice(0, TEXT_MAX)
}
