// The processes of one sandbox that were told to end, until they have.
import type { Clock } from './clock.ts'
import type { KeptProcess } from './processes.ts'
import { within } from './within.ts'

/** A draining process ends by itself inside its worker_shutdown_timeout; this much later it is killed. */
export const DRAIN_MARGIN_MS = 5_000
/** Several workers do not say when they have let go: they are not waited for any longer. */
const LET_GO_MS = 500

export interface Draining {
  readonly processes: ReadonlySet<KeptProcess>
  /**
   * Lets a process finish, and kills it when `ms` have passed. Does not wait for its end, but until it has let go of its port,
   * so that whoever connects afterwards is answered by the next. One that was adopted cannot say so.
   */
  drain(process: KeptProcess, ms: number): Promise<void>
  /** To be called when it has. */
  hasLetGo(process: KeptProcess): void
  /** Resolves when all have ended. */
  ended(): Promise<void>
}

export function createDraining(clock: Clock): Draining {
  const processes = new Set<KeptProcess>()
  const waiting = new Map<KeptProcess, () => void>()
  return {
    processes,
    async drain(process, ms) {
      processes.add(process)
      process.expectEnd()
      process.update({ role: 'draining', killMs: clock.now() + ms })
      const letGo = new Promise<void>((resolve) => waiting.set(process, resolve))
      const ended = process.stop('SIGQUIT', ms).then(() => processes.delete(process))
      if (process.channel !== null) await within(Promise.race([letGo, ended]), LET_GO_MS, undefined)
      waiting.delete(process)
    },
    hasLetGo: (process) => waiting.get(process)?.(),
    async ended() {
      await Promise.all([...processes].map((process) => process.ended))
    },
  }
}
