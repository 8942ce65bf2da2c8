// No wait of a test is without an end.

/** Longer than anything takes that needs no network. */
const PATIENCE_MS = 5000

/** Settles as `work`, or rejects with what `why` says. */
export async function patiently<T>(work: Promise<T>, why: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${why()} within ${PATIENCE_MS} ms`)), PATIENCE_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
