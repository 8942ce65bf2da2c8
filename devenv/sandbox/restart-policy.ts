// When something that died is started again. Pure.

/** Who has run this long stands: counting begins anew, and a release can be fallen back to. */
export const STEADY_AFTER_MS = 60_000
/** So many deaths in a row, none of them steady, and a release is given up for the last that stood. */
export const CRASHES_MAX = 5

const DELAY_FIRST_MS = 1_000
const DELAY_MAX_MS = 60_000
/** What died together is not started together: so much of a delay, more or less, is chance. */
const JITTER = 0.2

export interface CrashCount {
  /** Deaths in a row, this one included. */
  readonly crashes: number
  /** How long to wait before the next start. The first is at once: most deaths are accidents. Then 1, 2, 4 … 60 s. */
  readonly delayMs: number
  readonly giveUp: boolean
}

/** `crashes` so far in a row, and how long the process ran that has just died. `random`: from 0 up to 1. */
export function countCrash(crashes: number, ranMs: number, random: () => number): CrashCount {
  const now = ranMs >= STEADY_AFTER_MS ? 1 : crashes + 1
  const delayMs = now === 1 ? 0 : Math.min(DELAY_MAX_MS, DELAY_FIRST_MS * 2 ** Math.min(now - 2, 20))
  return {
    crashes: now,
    delayMs: Math.round(delayMs * (1 + JITTER * (2 * random() - 1))),
    giveUp: now >= CRASHES_MAX,
  }
}
