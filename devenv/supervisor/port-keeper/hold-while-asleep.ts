// A sandbox falls asleep: its ports are held for it, so that who connects wakes it.
import { messageOf } from '../../../servers/contract/errors.ts'
import { type SandboxName, sandboxKey } from '../../../servers/contract/names.ts'
import type { SandboxConf } from '../../sandbox/sandbox-conf.ts'
import type { KeptProcess } from '../processes.ts'
import type { YardContext } from '../yard-context.ts'

export interface AsleepHold {
  readonly conf: SandboxConf
  readonly uid: number | null
  /** The process that nobody uses: who connects from then on is not sent to it any more. Null when there is none. */
  readonly beside: KeptProcess | null
  wake(): Promise<unknown>
}

/** False when it cannot sleep: its conf says so, or a port cannot be held, which is logged. */
export async function holdWhileAsleep(
  { ports, log }: YardContext,
  name: SandboxName,
  { conf, uid, beside, wake }: AsleepHold,
): Promise<boolean> {
  if (!ports?.mayHold || conf.sleepsOn === null) return false
  const onWaiting = () => {
    wake().catch((error: unknown) => log('crit', `Cannot wake ${sandboxKey(name)}: ${messageOf(error)}`))
  }
  try {
    await ports.hold({ name, addresses: conf.sleepsOn, uid, onWaiting })
    // Of several workers each may still be sent somebody, whom it serves or sends on as at every stop.
    if (beside !== null && conf.workers === 1) await ports.prefer('newest', beside.run.pid)
    return true
  } catch (error) {
    log('error', `${sandboxKey(name)} cannot sleep: ${messageOf(error)}`)
    return false
  }
}
