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
  /** What a call costs whatever its pattern is: it is not the pattern's fault. */
  readonly freeMs: number
}

/** Of a call for records of the moment. */
export const CALL_MS = 1

const CPU_CLOCK = { now: () => performance.now(), cpu: cpuMs }

/** For what others wait for: they wait for the time itself, whatever takes the processor. */
export const WALL_CLOCK = { now: () => performance.now(), cpu: () => performance.now() }

/** `now` and `cpu` in milliseconds; a machine that is busy with something else is not the pattern's fault either. */
export function createPatternBudget({ burstMs, share, freeMs }: PatternTime, { now, cpu } = CPU_CLOCK): PatternBudget {
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
        left -= Math.max(0, Math.min(now() - begin, cpu() - cpuBegin) - freeMs)
      }
    },
  }
}

/** A budget for each person. Kept when they have nothing open: whoever comes back does not begin anew. There are as many as there are people. */
export function createPatternBudgets(time: PatternTime, clock = CPU_CLOCK): (person: string) => PatternBudget {
  const budgets = new Map<string, PatternBudget>()
  return (person) => {
    const budget = budgets.get(person) ?? createPatternBudget(time, clock)
    budgets.set(person, budget)
    return budget
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
