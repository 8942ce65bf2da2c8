// The time that patterns may take of a process that others wait for. It comes back slowly, so whoever has used it up cannot go on at once.

export interface PatternBudget {
  leftMs(): number
  /** Does something with patterns, and takes what it has cost. */
  spend<T>(work: () => T): T
}

export interface PatternTime {
  /** At once. */
  readonly burstMs: number
  /** And of all time from then on, 0 to 1. */
  readonly share: number
}

/** What a call costs whatever its pattern is: it is not the pattern's fault. */
const CALL_MS = 1

/** `now` and `cpu` in milliseconds; a machine that is busy with something else is not the pattern's fault either. */
export function createPatternBudget(
  { burstMs, share }: PatternTime,
  { now, cpu } = { now: () => performance.now(), cpu: cpuMs },
): PatternBudget {
  let left = burstMs
  let at = now()
  const leftMs = () => {
    const time = now()
    left = Math.min(burstMs, left + (time - at) * share)
    at = time
    return left
  }
  return {
    leftMs,
    spend(work) {
      const [begin, cpuBegin] = [now(), cpu()]
      try {
        return work()
      } finally {
        left -= Math.max(0, Math.min(now() - begin, cpu() - cpuBegin) - CALL_MS)
      }
    },
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
