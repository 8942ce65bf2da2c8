// What no event told of is found all the same, some time later: a developer without a section, a sandbox that is not what its
// branch says.
import { messageOf } from '../../servers/contract/errors.ts'
import type { Clock } from './clock.ts'
import type { YardLog } from './yard-context.ts'

/** From the end of one look to the next. */
export const LOOK_EVERY_MS = 30_000

export interface SafetyNetSteps {
  /** Somebody makes the yard agree already, or waits for it. */
  isBusy(): boolean
  /** Developers came or went, and serverctrl has not followed. */
  hasFallenBehind(): Promise<boolean>
  /** Gives everybody what they lack, and makes the yard agree. */
  sync(): Promise<void>
  /** Makes the yard agree. */
  reconcile(): Promise<unknown>
  /** When a look has ended. */
  after(): void
}

export interface SafetyNet {
  /** Looks no more; what is under way ends by itself. */
  close(): void
}

/** Looks are never two at once, and none waits behind somebody else's: what it would find, that one finds. */
export function createSafetyNet(clock: Clock, log: YardLog, steps: SafetyNetSteps): SafetyNet {
  let closed = false
  let takeBack = () => {}
  const tell = (what: string) => (error: unknown) => {
    log('crit', `Cannot ${what}: ${messageOf(error)}`)
    return false
  }
  const sync = async () => {
    if (!(await steps.hasFallenBehind())) return false
    await steps.sync()
    return true
  }
  const look = async () => {
    if (steps.isBusy()) return
    const synced = await sync().catch(tell('give developers their sections'))
    // Whatever is in the way of one developer is not in everybody's.
    if (!synced) await steps.reconcile().catch(tell('reconcile the yard'))
    steps.after()
  }
  const wait = () => {
    if (!closed) takeBack = clock.after(LOOK_EVERY_MS, () => void look().finally(wait))
  }
  wait()
  return {
    close() {
      closed = true
      takeBack()
    },
  }
}
