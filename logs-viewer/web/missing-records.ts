// Which records never came: each process counts its own, so a hole in the numbers is a loss.
import type { ShownRecord } from '../query/wire.ts'

/** Answers, for records in their order, how many of the same process are missing in front of each. */
export type MissingRecords = (record: ShownRecord) => number

/** Processes that are remembered; a loss is of interest where it happens, not across restarts. */
const PROCESSES_MAX = 1000

export function createMissingRecords(): MissingRecords {
  const numbers = new Map<string, number>()
  return ({ server, developer, pid, seq }) => {
    if (pid === undefined || seq === undefined) return 0
    const process = `${developer}/${server}/${pid}`
    const last = numbers.get(process)
    if (numbers.size >= PROCESSES_MAX) numbers.clear()
    numbers.set(process, seq)
    // A number that is not higher is another process, which got the pid of the one before.
    return last === undefined || seq <= last ? 0 : seq - last - 1
  }
}
