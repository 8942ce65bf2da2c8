// A sandbox's process has died, or did not come up: it is started again, ever later, or its release gives way to the last that stood.
import { messageOf } from '../../servers/contract/errors.ts'
import { type SandboxName, sandboxKey } from '../../servers/contract/names.ts'
import type { SandboxMemory } from '../sandbox/sandbox-memory.ts'
import { type CrashRetries, createCrashRetries } from './crash-retries.ts'
import { fallBack } from './fall-back.ts'
import type { Target } from './launch-sandbox.ts'
import type { YardContext } from './yard-context.ts'

export interface ComeBack extends Pick<CrashRetries, 'crashes' | 'nextInMs' | 'cancel' | 'reset'> {
  /** It will be started again, or that is under way. */
  readonly isDue: boolean
  /** Counts a death of a process that ran so long, or a start that did not come about. `mayFall`: it is the release's fault. */
  tryLater(ranMs: number, mayFall: boolean): void
}

export interface ComeBackSteps {
  /** What should run and does not; null when nothing is to be started. */
  wanted(): Target | null
  memory(): SandboxMemory
  /** Remembers that a release fell, and has another one run. */
  fall(fallen: SandboxMemory): void
  /** Starts what is wanted then. */
  start(): Promise<unknown>
}

export function createComeBack(context: YardContext, name: SandboxName, steps: ComeBackSteps): ComeBack {
  const retries = createCrashRetries(context.clock)
  let starts = 0

  const tryLater = (ranMs: number, mayFall: boolean) => {
    const { crashes, delayMs, giveUp } = retries.count(ranMs)
    const commit = steps.wanted()?.commit
    if (commit === undefined) return
    const fallen = giveUp && mayFall ? fallBack(context, name, steps.memory(), { commit, crashes }) : null
    if (fallen !== null) steps.fall(fallen)
    else retries.later(delayMs, () => void start())
  }
  const start = async () => {
    starts++
    try {
      await steps.start()
    } catch (error) {
      // A full disk, say: the next try finds it better.
      context.log('crit', `Cannot start ${sandboxKey(name)} again: ${messageOf(error)}`)
      tryLater(0, false)
    } finally {
      starts--
    }
  }
  return {
    get crashes() {
      return retries.crashes
    },
    get nextInMs() {
      return retries.nextInMs
    },
    get isDue() {
      return starts > 0 || retries.nextInMs !== null
    },
    cancel: retries.cancel,
    reset: retries.reset,
    tryLater,
  }
}
