// One at a time, in the order in which they came.

export type Lock = <T>(job: () => Promise<T>) => Promise<T>

/** A lock whose holder is the job it runs; a job that throws lets the next one in like any other. */
export function createLock(): Lock {
  let last: Promise<unknown> = Promise.resolve()
  return (job) => {
    const next = last.then(job, job)
    last = next.catch(() => {})
    return next
  }
}
