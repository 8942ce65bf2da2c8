// Which records never came. Pure: it sees the records of one source's files in their order, and needs nothing else.
//
//   const findGap = createGapFinder({ since: '2026-11-20T00:00:00.000Z' })    // one for each developer and server
//   for (const record of records) {
//     const { missing, twice } = findGap(record)       // missing: so many of its run are missing right in front of it
//   }
//
// Who writes records counts them, from 1, for each log file by itself (`run` names the counting, `seq` is the number), and says at a
// proper end how many there were (`kind: 'count'`), so that a missing tail is seen, too. Whatever was lost on the way - in a process that
// had no room, in a collector that was killed, on a full disk - is a hole in the numbers. Only a process that a signal ends takes along
// what it has numbered and not sent, and nobody knows how much that was: whoever sees it end says so (`LAST_MAY_BE_MISSING`).
import type { LogRecord } from './record.ts'
import { startOfRun } from './run.ts'

export type NumberedRecord = Pick<LogRecord, 'run' | 'seq'>

export interface Finding {
  /**
   * How many are missing right before this one. -1: this one was counted as missing, and has come late. So the sum over all
   * records is how many are missing now.
   */
  readonly missing: number
  /** It was there already: whoever was not sure that it had arrived has sent it again. */
  readonly twice: boolean
}

export type GapFinder = (record: NumberedRecord) => Finding

export interface GapOptions {
  /**
   * ISO 8601 UTC, of arrival: everything from here on is shown to the finder. Of a run that began later the first number must be 1; of
   * an older one, the first that is seen says nothing about those before it. Default: every run is an older one.
   */
  readonly since?: string
  /** The last number of each run, of whoever has looked at what came before: it goes on from there, and what is not beyond is there already. */
  readonly known?: ReadonlyMap<string, number>
}

/** Behind what is said of a process that a signal has ended. */
export const LAST_MAY_BE_MISSING = 'what it logged in its last moments may be missing'

/** Runs that are remembered. The one seen first is forgotten first, and its next record says nothing about those before it. */
const RUNS_MAX = 1000
/** Holes of one run that can still be filled: what comes late comes soon. */
const HOLES_MAX = 100

const FINE: Finding = { missing: 0, twice: false }
const TWICE: Finding = { missing: 0, twice: true }
const LATE: Finding = { missing: -1, twice: false }

interface Run {
  last: number
  /** First and last number that is missing, oldest first. */
  holes: [from: number, to: number][]
}

/**
 * For one source, so that nobody's runs can make another's be forgotten. Kept from day to day it sees a loss at midnight, too, and so does
 * one that knows where the day before has ended. Records without a number are never missing.
 */
export function createGapFinder({ since, known }: GapOptions = {}): GapFinder {
  const runs = new Map<string, Run>()
  /** Of runs that have not gone on yet. */
  const ended = new Map(known)
  let sinceMs = since === undefined ? Number.POSITIVE_INFINITY : Date.parse(since)

  const remember = (name: string, run: Run): Run => {
    if (runs.size >= RUNS_MAX) {
      const [oldest] = runs.keys()
      runs.delete(oldest!)
      // Whatever began before may be one that was forgotten.
      sinceMs = Math.max(sinceMs, (startOfRun(oldest!) ?? 0) + 1)
    }
    runs.set(name, run)
    return run
  }
  /** What is before the first number of an older run, nobody can tell. */
  const beginRun = (name: string, seq: number): Run => {
    const startMs = startOfRun(name) ?? Number.NEGATIVE_INFINITY
    const last = ended.get(name) ?? (startMs >= sinceMs ? 0 : seq - 1)
    ended.delete(name)
    return remember(name, { last, holes: [] })
  }

  return ({ run: name, seq }) => {
    if (name === undefined || seq === undefined || seq < 1) return FINE
    const run = runs.get(name) ?? beginRun(name, seq)
    if (seq <= run.last) return fillHole(run, seq) ? LATE : TWICE
    const missing = seq - run.last - 1
    if (missing > 0) addHole(run, seq)
    run.last = seq
    return missing === 0 ? FINE : { missing, twice: false }
  }
}

function addHole(run: Run, seq: number): void {
  run.holes.push([run.last + 1, seq - 1])
  if (run.holes.length > HOLES_MAX) run.holes.shift()
}

function fillHole(run: Run, seq: number): boolean {
  const index = run.holes.findIndex(([from, to]) => from <= seq && seq <= to)
  if (index === -1) return false
  const [from, to] = run.holes[index]!
  const rest: [number, number][] = [
    [from, seq - 1],
    [seq + 1, to],
  ]
  run.holes.splice(index, 1, ...rest.filter(([first, last]) => first <= last))
  return true
}
