// A sandbox falls asleep: its ports are held for it, so that who connects wakes it.
import { messageOf } from '../../../servers/contract/errors.ts'
import { type SandboxName, sandboxKey } from '../../../servers/contract/names.ts'
import type { SandboxConf } from '../../sandbox/sandbox-conf.ts'
import type { YardContext } from '../yard-context.ts'

/** False when it cannot sleep: its conf says so, or a port cannot be held, which is logged. */
export async function holdWhileAsleep(
  { ports, log }: YardContext,
  name: SandboxName,
  { conf, uid, wake }: { conf: SandboxConf; uid: number | null; wake(): Promise<unknown> },
): Promise<boolean> {
  if (!ports?.mayHold || conf.sleepsOn === null) return false
  const onWaiting = () => {
    wake().catch((error: unknown) => log('crit', `Cannot wake ${sandboxKey(name)}: ${messageOf(error)}`))
  }
  try {
    await ports.hold({ name, addresses: conf.sleepsOn, uid, onWaiting })
    return true
  } catch (error) {
    log('error', `${sandboxKey(name)} cannot sleep: ${messageOf(error)}`)
    return false
  }
}
