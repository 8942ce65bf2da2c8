/**
 * Trying again, with pauses that get longer: what calls somebody else needs, and what keeps them from being overrun.
 *
 * @module
 */

/** How the pauses grow. */
export interface Backoff {
  /** The first pause, in milliseconds. Default 100. */
  readonly firstMs?: number
  /** No pause is longer, in milliseconds. Default 10,000. */
  readonly maxMs?: number
  /** Every pause is so many times as long as the one before. Default 2. */
  readonly factor?: number
  /** Tries altogether, for {@link retry}. Default 5. */
  readonly tries?: number
}

/**
 * How long to wait after a try that failed, in milliseconds. `failed` counts from 1. A pause is between half of its length
 * and all of it, by chance, so that those who failed together do not come back together.
 *
 * @example
 * setTimeout(connect, delayMs(failures))
 */
export function delayMs(failed: number, { firstMs = 100, maxMs = 10_000, factor = 2 }: Backoff = {}): number {
  const longest = Math.min(maxMs, firstMs * factor ** Math.max(0, failed - 1))
  return Math.round(longest * (0.5 + Math.random() / 2))
}

/**
 * Does a job until it succeeds. Rejects with the last error when all tries have failed, and with the signal's reason as soon
 * as it aborts: pass `ctx.signal`, so that nobody waits for a client who has gone.
 *
 * @param job Is told which try this is, from 1.
 *
 * @example
 * import { retry } from 'common/backoff'
 *
 * const reply = await retry(() => ctx.fetch(url), { tries: 3, signal: ctx.signal })
 */
export async function retry<T>(
  job: (tried: number) => T | Promise<T>,
  options: Backoff & { readonly signal?: AbortSignal } = {},
): Promise<T> {
  const { signal, tries = 5 } = options
  for (let tried = 1; ; tried++) {
    signal?.throwIfAborted()
    try {
      return await job(tried)
    } catch (error) {
      if (tried >= tries) throw error
    }
    await pause(delayMs(tried, options), signal)
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
