// A clock that a test moves.
import type { Clock } from '../clock.ts'

export interface FakeClock extends Clock {
  /** Moves on, and does what is due, in order. */
  advance(ms: number): void
  /** How far away what is next due is; null when nothing waits. */
  next(): number | null
}

export function createFakeClock(): FakeClock {
  let now = 1_000_000
  const waiting = new Set<{ at: number; job: () => void }>()
  const first = () => [...waiting].sort((a, b) => a.at - b.at)[0]
  return {
    now: () => now,
    after(ms, job) {
      const one = { at: now + ms, job }
      waiting.add(one)
      return () => waiting.delete(one)
    },
    next: () => (waiting.size === 0 ? null : first()!.at - now),
    advance(ms) {
      const end = now + ms
      for (let one = first(); one !== undefined && one.at <= end; one = first()) {
        waiting.delete(one)
        now = one.at
        one.job()
      }
      now = end
    },
  }
}
