// Which records never came: each process counts its own, so a hole in the numbers is a loss.
import type { ShownRecord } from '../query/wire.ts'

/** Answers, for records in their order, how many of the same process are missing in front of each. */
export type MissingRecords = (record: ShownRecord) => number

/** Processes that are remembered; a loss is of interest where it happens, not across restarts. */
const PROCESSES_MAX = 1000

/** Counters of one process id: it may be used again by the next process, which begins with 1. */
const COUNTERS_MAX = 4

export function createMissingRecords(): MissingRecords {
  const counters = new Map<string, number[]>()
  return ({ server, developer, pid, seq }) => {
    if (pid === undefined || seq === undefined) return 0
    const process = `${developer}/${server}/${pid}`
    const lasts = counters.get(process) ?? []
    if (counters.size >= PROCESSES_MAX) counters.clear()
    const last = seq === 1 ? -1 : Math.max(-1, ...lasts.filter((number) => number < seq))
    counters.set(process, [seq, ...lasts.filter((number) => number !== last)].slice(0, COUNTERS_MAX))
    // The first number that is seen of a counter says nothing about those before it.
    return last === -1 ? 0 : seq - last - 1
  }
}
