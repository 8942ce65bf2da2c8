// One at a time, in the order in which they came.

export interface Lock {
  <T>(job: () => Promise<T>): Promise<T>
  /** Somebody has it, or waits for it. */
  readonly isTaken: boolean
}

/** A lock whose holder is the job it runs; a job that throws lets the next one in like any other. */
export function createLock(): Lock {
  let last: Promise<unknown> = Promise.resolve()
  let count = 0
  const lock = <T>(job: () => Promise<T>): Promise<T> => {
    count++
    const next = last.then(job, job)
    last = next.catch(() => {}).then(() => count--)
    return next
  }
  return Object.defineProperty(lock, 'isTaken', { get: () => count > 0 }) as Lock
}
