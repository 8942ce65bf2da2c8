// How many errors a sandbox has logged within the last minute. Pure but for what it remembers: one number a second and source.
import type { Source } from '../query/wire.ts'

const WINDOW_S = 60

/** Sandboxes that are counted; the one that was quiet the longest is forgotten first. */
const SOURCES_MAX = 5_000

export interface ErrorRate {
  /** Counts one; returns how many there were within the minute, with it. */
  count(source: Source, nowMs: number): number
}

export function createErrorRate(): ErrorRate {
  const sources = new Map<string, Map<number, number>>()
  return {
    count({ server, developer }, nowMs) {
      const key = `${server}/${developer}`
      const second = Math.floor(nowMs / 1000)
      const counts = sources.get(key) ?? new Map<number, number>()
      for (const at of counts.keys()) if (at <= second - WINDOW_S) counts.delete(at)
      counts.set(second, (counts.get(second) ?? 0) + 1)
      sources.delete(key)
      sources.set(key, counts)
      if (sources.size > SOURCES_MAX) sources.delete(sources.keys().next().value!)
      return [...counts.values()].reduce((sum, count) => sum + count, 0)
    },
  }
}
