// The deaths of one process in a row, and the timer of its next try.
import { type CrashCount, countCrash } from '../sandbox/restart-policy.ts'
import type { Clock } from './clock.ts'

export interface CrashRetries {
  /** Deaths in a row so far. */
  readonly crashes: number
  /** When the next try is due, as milliseconds from now; null when none is. */
  readonly nextInMs: number | null
  /** Counts one more, of a process that ran so long. */
  count(ranMs: number): CrashCount
  /** Tries after so long, in place of what was to be tried before. */
  later(delayMs: number, attempt: () => void): void
  /** No more tries; the count stays. */
  cancel(): void
  /** Something else is to run, or what runs stands: counting begins anew. */
  reset(): void
}

export function createCrashRetries(clock: Clock, random: () => number = Math.random): CrashRetries {
  let crashes = 0
  let next: { readonly at: number; takeBack(): void } | null = null
  const cancel = () => {
    next?.takeBack()
    next = null
  }
  return {
    get crashes() {
      return crashes
    },
    get nextInMs() {
      return next === null ? null : Math.max(0, next.at - clock.now())
    },
    count(ranMs) {
      const count = countCrash(crashes, ranMs, random)
      crashes = count.crashes
      return count
    },
    later(delayMs, attempt) {
      cancel()
      const takeBack = clock.after(delayMs, () => {
        next = null
        attempt()
      })
      next = { at: clock.now() + delayMs, takeBack }
    },
    cancel,
    reset() {
      crashes = 0
    },
  }
}
