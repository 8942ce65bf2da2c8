// The processes of one sandbox that were told to end, until they have.
import type { Clock } from './clock.ts'
import type { KeptProcess } from './processes.ts'

/** A draining process ends by itself inside its worker_shutdown_timeout; this much later it is killed. */
export const DRAIN_MARGIN_MS = 5_000

export interface Draining {
  readonly processes: ReadonlySet<KeptProcess>
  /** Lets a process finish, and kills it when `ms` have passed. Does not wait for its end. */
  drain(process: KeptProcess, ms: number): Promise<void>
  /** Resolves when all have ended. */
  ended(): Promise<void>
}

export function createDraining(clock: Clock): Draining {
  const processes = new Set<KeptProcess>()
  return {
    processes,
    async drain(process, ms) {
      processes.add(process)
      process.expectEnd()
      await process.update({ role: 'draining', killMs: clock.now() + ms })
      void process.stop('SIGQUIT', ms).then(() => processes.delete(process))
    },
    async ended() {
      await Promise.all([...processes].map((process) => process.ended))
    },
  }
}
