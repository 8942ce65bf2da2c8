// What the collector has lost of late. Its counters say what it has lost since it started, which may be weeks ago.
import type { Losses } from './read-collector.ts'

/** So long a loss is a trouble. */
const SHOWN_MS = 60 * 60_000
/** Counters are written so often. */
const EVERY_MS = 10_000

export interface RecentLosses {
  /** Takes the counters as they are now; `oldest`: what is known of before, the first time. */
  take(newest: Losses, oldest: Losses, nowMs: number): Losses
}

export function createRecentLosses(): RecentLosses {
  /** Oldest first; the first one is no younger than SHOWN_MS, if there is such a one. */
  let seen: { readonly atMs: number; readonly losses: Losses }[] = []
  return {
    take(newest, oldest, nowMs) {
      if (seen.length === 0) seen.push({ atMs: nowMs, losses: oldest }, { atMs: nowMs, losses: newest })
      // A collector that was started again counts from 0.
      seen = seen.map(({ atMs, losses }) => ({ atMs, losses: lesser(losses, newest) }))
      if (nowMs - seen.at(-1)!.atMs >= EVERY_MS) seen.push({ atMs: nowMs, losses: newest })
      while (seen.length > 1 && seen[1]!.atMs <= nowMs - SHOWN_MS) seen.shift()
      const { losses } = seen[0]!
      return {
        discarded: newest.discarded - losses.discarded,
        rateLimited: newest.rateLimited - losses.rateLimited,
      }
    },
  }
}

function lesser(a: Losses, b: Losses): Losses {
  return { discarded: Math.min(a.discarded, b.discarded), rateLimited: Math.min(a.rateLimited, b.rateLimited) }
}
