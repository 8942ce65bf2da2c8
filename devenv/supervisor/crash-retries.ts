// The deaths of one sandbox in a row, and the timer of its next try.
import { type CrashCount, countCrash } from '../sandbox/restart-policy.ts'

export interface CrashRetries {
  /** Deaths in a row so far. */
  readonly crashes: number
  /** Counts one more, of a process that ran so long. */
  count(ranMs: number): CrashCount
  /** Tries after so long, in place of what was to be tried before. */
  later(delayMs: number, attempt: () => void): void
  /** No more tries; the count stays. */
  cancel(): void
  /** Something else is to run: counting begins anew. */
  reset(): void
}

export function createCrashRetries(): CrashRetries {
  let crashes = 0
  let timer: NodeJS.Timeout | undefined
  return {
    get crashes() {
      return crashes
    },
    count(ranMs) {
      const count = countCrash(crashes, ranMs)
      crashes = count.crashes
      return count
    },
    later(delayMs, attempt) {
      clearTimeout(timer)
      timer = setTimeout(attempt, delayMs)
    },
    cancel() {
      clearTimeout(timer)
    },
    reset() {
      crashes = 0
    },
  }
}
