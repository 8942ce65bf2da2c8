// The audit trail: one record for each act of a developer or the operator, among the daemon's own. `audit: true` finds them.
import { messageOf } from '../../servers/contract/errors.ts'
import type { AuditEntry } from '../control/audit-entry.ts'
import type { By } from '../control/by.ts'
import { printable } from '../control/printable.ts'
import type { YardLog } from './yard-context.ts'

/** Of each text of a record: a ref may be long, and a reason may quote one. */
const TEXT_MAX = 300

/** Writes one record; what clients chose freely is cut to a length, and its control characters are shown as `?`. */
export type Audit = (by: By, entry: AuditEntry) => void

export function createAudit(log: YardLog): Audit {
  return ({ who, key }, entry) => {
    const [act, target, result] = [cut(entry.act), cut(entry.target), cut(entry.result)]
    const [old, next] = [entry.old && cut(entry.old), entry.new && cut(entry.new)]
    const move = old === next ? '' : `, ${old ?? 'nothing'} → ${next ?? 'nothing'}`
    log(
      result === 'done' ? 'notice' : 'warn',
      `${who}: ${act} ${target}${move}${result === 'done' ? '' : `: ${result}`}`,
      {
        ...{ audit: true, who, key, act, target, old, new: next, result, ms: Math.round(entry.ms) },
      },
    )
  }
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
