// Few at a time, few waiting: hashing is slow on purpose, and a flood of logins must not take the whole machine, nor may one
// address take all turns.

interface Options {
  /** How many run at once. */
  runningMax: number
  /** How many may wait, and how many of one owner may be here at all. */
  waitingMax: number
  perOwnerMax: number
}

export interface Turns {
  /** Runs the job when its turn comes. Undefined, at once, when there are too many already. */
  take<T>(owner: string, job: () => Promise<T>): Promise<T> | undefined
}

export function createTurns({ runningMax, waitingMax, perOwnerMax }: Options): Turns {
  const waiting: (() => void)[] = []
  const owners = new Map<string, number>()
  let running = 0

  async function run<T>(owner: string, job: () => Promise<T>): Promise<T> {
    // Whoever ends hands the place to the first who waits, so `running` counts places that are taken.
    if (running < runningMax) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await job()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
      const left = owners.get(owner)! - 1
      if (left > 0) owners.set(owner, left)
      else owners.delete(owner)
    }
  }

  return {
    take(owner, job) {
      const here = owners.get(owner) ?? 0
      if (here >= perOwnerMax || (running >= runningMax && waiting.length >= waitingMax)) return undefined
      owners.set(owner, here + 1)
      return run(owner, job)
    },
  }
}
