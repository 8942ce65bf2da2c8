// The clock that deadlines and uptimes are measured with: nobody sets it, unlike the time of day.

export interface Clock {
  /** Milliseconds since the machine started; the next daemon counts on where this one was. */
  now(): number
  /** Does it later. The answer takes it back. */
  after(ms: number, job: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Number(process.hrtime.bigint() / 1_000_000n),
  after(ms, job) {
    const timer = setTimeout(job, ms)
    return () => clearTimeout(timer)
  },
}
