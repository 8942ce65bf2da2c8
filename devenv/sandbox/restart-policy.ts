// When something that died is started again. Pure.

/** Who has run this long is not in a crash loop: counting begins anew. */
export const STEADY_AFTER_MS = 60_000
/** So many deaths in a row, none of them steady, and a release is given up for the one before. */
export const CRASHES_MAX = 5

const DELAY_FIRST_MS = 500
const DELAY_MAX_MS = 30_000

export interface CrashCount {
  /** Deaths in a row, this one included. */
  readonly crashes: number
  /** How long to wait before the next start. The first is at once: most deaths are accidents. */
  readonly delayMs: number
  readonly giveUp: boolean
}

/** `crashes` so far in a row, and how long the process ran that has just died. */
export function countCrash(crashes: number, ranMs: number): CrashCount {
  const now = ranMs >= STEADY_AFTER_MS ? 1 : crashes + 1
  const delayMs = now === 1 ? 0 : Math.min(DELAY_MAX_MS, DELAY_FIRST_MS * 2 ** Math.min(now - 2, 20))
  return { crashes: now, delayMs, giveUp: now >= CRASHES_MAX }
}
