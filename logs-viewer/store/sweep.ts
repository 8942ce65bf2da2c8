// Which records of a day come next, of many sources at once, newest or oldest first: decided by when they arrived and how severe they are,
// before any of them is read.

import { type Block, type Columns, isHidden, msOf, severityOf } from './block.ts'
import type { SourceDay } from './source-day.ts'

/** Where a record stands among all of a day: by time of arrival, then by source (`compareSources`), then by its place in the file. */
export interface Place {
  readonly ms: number
  readonly source: string
  readonly offset: number
}

/** A record that is to be read. */
export interface Candidate extends Place {
  readonly day: SourceDay
  readonly block: Block
  /** Its number in the block. */
  readonly index: number
  /** Where the next line begins. */
  readonly end: number
}

export type Direction = 'older' | 'newer'

export interface Wanted {
  readonly direction: Direction
  /** Milliseconds of the day; `fromMs` is in, `toMs` is not. */
  readonly fromMs: number
  readonly toMs: number
  /** The number of the mildest severity. */
  readonly severity: number
  /** Only what comes behind it in the direction. */
  readonly behind: Place | undefined
  /** Blocks in which nothing can be found are passed over. */
  mayHold(block: Block): boolean
}

/** A look at so much of the day first; it grows and shrinks with what is found. */
const WINDOW_MS_FIRST = 5 * 60_000
const WINDOW_MS_MAX = 24 * 60 * 60_000

/** A block that has been reached. */
interface Run {
  readonly day: SourceDay
  readonly block: Block
  readonly columns: Columns
  /** How many records it had when it was reached: one that is still filled grows. */
  readonly count: number
  /** The next record, in the direction. */
  next: number
}

/** Gives up to `most()` records at a time, in their order; each is given once. */
export function* sweepDay(days: readonly SourceDay[], wanted: Wanted, most: () => number): Generator<Candidate[]> {
  const { direction, behind } = wanted
  const sign = direction === 'older' ? -1 : 1
  const fromMs = sign > 0 && behind !== undefined ? Math.max(wanted.fromMs, behind.ms) : wanted.fromMs
  const toMs = sign < 0 && behind !== undefined ? Math.min(wanted.toMs, behind.ms + 1) : wanted.toMs
  const range: Wanted = { ...wanted, fromMs, toMs }
  /** Times as distances: what comes first has the smaller one. */
  const end = sign < 0 ? -fromMs : toMs - 1
  const edgeOf = ({ firstMs, lastMs }: Block) => (sign < 0 ? -Math.min(lastMs, toMs - 1) : Math.max(firstMs, fromMs))
  const pending = days
    .flatMap((day) => day.blocks.map((block) => ({ day, block, edge: edgeOf(block) })))
    .filter(({ block }) => mayMatter(block, range))
    .sort((a, b) => b.edge - a.edge)
  const runs = new Map<Block, Run>()
  let window = WINDOW_MS_FIRST

  while (true) {
    let first = pending.at(-1)?.edge ?? Number.POSITIVE_INFINITY
    for (const run of runs.values()) first = Math.min(first, sign * msOf(run.columns.stamps[run.next]!))
    if (first > end) return
    const reach = Math.min(first + window, end)
    while (pending.length > 0 && pending.at(-1)!.edge <= reach) {
      const { day, block } = pending.pop()!
      if (!range.mayHold(block)) continue
      const run = beginRun(day, block, range)
      if (run.next >= 0 && run.next < run.count) runs.set(block, run)
    }
    const limit = most()
    const picks: Candidate[] = []
    const stops = [...runs.values()].map((run) => collect(run, range, reach, limit + 1, picks))
    if (picks.length > 4 * limit && window > 1) {
      window = Math.ceil(window / 8)
      continue
    }
    picks.sort((a, b) => sign * comparePlaces(a, b))
    ;[...runs.values()].forEach((run, place) => {
      run.next = stops[place]!
    })
    // What was found too much is found again.
    for (const { block, index } of picks.slice(limit)) {
      const run = runs.get(block)!
      if (sign * (run.next - index) > 0) run.next = index
    }
    for (const run of runs.values()) if (run.next < 0 || run.next >= run.count) runs.delete(run.block)
    const given = picks.slice(0, limit)
    if (given.length > 0) yield given
    if (picks.length > limit) window = Math.max(1, Math.ceil(window / 2))
    else if (picks.length < limit / 4) window = Math.min(WINDOW_MS_MAX, window * 4)
  }
}

function beginRun(day: SourceDay, block: Block, { direction, fromMs, toMs }: Wanted): Run {
  const { count } = block
  const columns = block.columns()
  const next = direction === 'older' ? countBefore(columns, count, toMs) - 1 : countBefore(columns, count, fromMs)
  return { day, block, columns, count, next }
}

/** How many arrived before then: the first that did not is the next one behind them. */
function countBefore({ stamps }: Columns, count: number, ms: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (msOf(stamps[middle]!) < ms) low = middle + 1
    else high = middle
  }
  return low
}

/** Adds what a run has up to `reach`, `most` at most; answers with where it has stopped. */
function collect(
  { day, block, columns, count, next }: Run,
  wanted: Wanted,
  reach: number,
  most: number,
  picks: Candidate[],
) {
  const { stamps, offsets } = columns
  const sign = wanted.direction === 'older' ? -1 : 1
  const source = sourceKey(day)
  let found = 0
  let index = next
  for (; index >= 0 && index < count && found < most; index += sign) {
    const stamp = stamps[index]!
    const ms = msOf(stamp)
    if (sign * ms > reach) break
    if (severityOf(stamp) > wanted.severity || isHidden(stamp)) continue
    const end = index + 1 < count ? block.start + offsets[index + 1]! : block.end
    const pick = { ms, source, offset: block.start + offsets[index]!, end, day, block, index }
    if (wanted.behind !== undefined && sign * comparePlaces(pick, wanted.behind) <= 0) continue
    picks.push(pick)
    found++
  }
  return index
}

export function comparePlaces(a: Place, b: Place): number {
  if (a.ms !== b.ms) return a.ms - b.ms
  if (a.source !== b.source) return a.source < b.source ? -1 : 1
  return a.offset - b.offset
}

/** Sources whose records arrived in the same millisecond are in the order of this. */
export function sourceKey({ place }: SourceDay): string {
  return `${place.source.server}/${place.source.developer}`
}

function mayMatter(block: Block, { fromMs, toMs, severity }: Wanted): boolean {
  if (block.lastMs < fromMs || block.firstMs >= toMs) return false
  return (block.severities & (2 ** (severity + 1) - 1)) !== 0
}
