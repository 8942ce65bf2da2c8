// The name of one counting of records, `0mj5x2k9c-7f3qz1`: when it began, and what tells it from others of that moment. A pid comes
// again; a run does not.

/** Milliseconds since 1970 in base 36, as long in the year 5000 as today, so that names sort by time. */
const START_LENGTH = 9
const RUN = /^([0-9a-z]{9})-[0-9a-z]{1,12}$/
const RANDOM_LENGTH = 6

/** `random` gives numbers from 0 to 1, as Math.random does: nobody has to guess a run, and two of one moment have to differ. */
export function createRun(nowMs: number, random: () => number): string {
  const tail = Math.floor(random() * 36 ** RANDOM_LENGTH).toString(36)
  return `${Math.floor(nowMs).toString(36).padStart(START_LENGTH, '0')}-${tail.padStart(RANDOM_LENGTH, '0')}`
}

/** When a run began, by the clock of its process; undefined for what is no run. */
export function startOfRun(run: string): number | undefined {
  const start = RUN.exec(run)?.[1]
  return start === undefined ? undefined : Number.parseInt(start, 36)
}
