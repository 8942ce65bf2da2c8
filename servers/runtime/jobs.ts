// Work that outlives the event it began in (`ctx.after`, a `close` hook under way): counted, so that stopping can wait for it.

export interface Jobs {
  readonly size: number
  /** `job` must not reject: its errors are its own business. */
  track(job: Promise<void>): void
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

export function createJobs(): Jobs {
  const running = new Set<Promise<void>>()
  return {
    get size() {
      return running.size
    },
    track(job) {
      running.add(job)
      void job.finally(() => running.delete(job))
    },
    async idle() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
