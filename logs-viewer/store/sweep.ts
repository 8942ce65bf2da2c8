// Which records of a day come next, of many sources at once, newest or oldest first: decided by when they arrived and how severe they are,
// before any of them is read.

import { type Block, DAY_MS, isHidden, msOf, severityOf } from './block.ts'
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
  /** Which of its run it is. */
  readonly turn: number
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
  /** The numbers of the records of a block that may match, in order, or null: all. Asked again of every block after it has answered first. */
  pickOut(day: SourceDay, block: Block): Promise<Uint32Array | null>
}

/** A look at so much of the day first; it grows and shrinks with what is found. */
const WINDOW_MS_FIRST = 5 * 60_000

/** A block that has been reached. */
interface Run {
  readonly day: SourceDay
  readonly block: Block
  /** When the records arrived that may match; all of them, but of a block that is still filled only those that were there when it was reached. */
  readonly stamps: Uint32Array
  /** Their numbers in the block; null: each its own. */
  readonly numbers: Uint32Array | null
  /** Which of them is the next one, in the direction. */
  next: number
}

/** Gives up to `most()` records at a time, in their order; each is given once. */
export async function* sweepDay(
  days: readonly SourceDay[],
  wanted: Wanted,
  most: () => number,
): AsyncGenerator<Candidate[]> {
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
    for (const run of runs.values()) first = Math.min(first, sign * msOf(run.stamps[run.next]!))
    if (first > end) return
    const reach = Math.min(first + window, end)
    while (pending.length > 0 && pending.at(-1)!.edge <= reach) {
      const { day, block } = pending.pop()!
      if (!range.mayHold(block)) continue
      const numbers = await range.pickOut(day, block)
      const run = beginRun(day, block, numbers, range)
      if (isLeft(run)) runs.set(block, run)
    }
    if (await refine(runs, range)) continue
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
    for (const { block, turn } of picks.slice(limit)) {
      const run = runs.get(block)!
      if (sign * (run.next - turn) > 0) run.next = turn
    }
    for (const run of runs.values()) if (!isLeft(run)) runs.delete(run.block)
    const given = picks.slice(0, limit)
    if (given.length > 0) yield given
    if (picks.length > limit) window = Math.max(1, Math.ceil(window / 2))
    else if (picks.length < limit / 4) window = Math.min(DAY_MS, window * 4)
  }
}

function beginRun(day: SourceDay, block: Block, numbers: Uint32Array | null, wanted: Wanted): Run {
  const all = block.columns().stamps.subarray(0, block.count)
  const stamps = numbers === null ? all : numbers.map((number) => all[number]!)
  const next = wanted.direction === 'older' ? countBefore(stamps, wanted.toMs) - 1 : countBefore(stamps, wanted.fromMs)
  return { day, block, stamps, numbers, next }
}

function isLeft({ next, stamps }: Run): boolean {
  return next >= 0 && next < stamps.length
}

/** Once it is worth while to pick records out, those that were reached before are picked out, too. True when there were any. */
async function refine(runs: Map<Block, Run>, wanted: Wanted): Promise<boolean> {
  let isRefined = false
  for (const [block, { day, numbers, next, stamps }] of [...runs]) {
    if (numbers !== null) continue
    const some = await wanted.pickOut(day, block)
    if (some === null) return false
    isRefined = true
    const isOlder = wanted.direction === 'older'
    const rest = some.filter((number) => (isOlder ? number <= next : number >= next) && number < stamps.length)
    if (rest.length === 0) runs.delete(block)
    else {
      const left = rest.map((number) => stamps[number]!)
      runs.set(block, { day, block, stamps: left, numbers: rest, next: isOlder ? rest.length - 1 : 0 })
    }
  }
  return isRefined
}

/** How many arrived before then: the first that did not is the next one behind them. */
function countBefore(stamps: Uint32Array, ms: number): number {
  let low = 0
  let high = stamps.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (msOf(stamps[middle]!) < ms) low = middle + 1
    else high = middle
  }
  return low
}

/** Adds what a run has up to `reach`, `most` at most; answers with where it has stopped. */
function collect(
  { day, block, stamps, numbers, next }: Run,
  wanted: Wanted,
  reach: number,
  most: number,
  picks: Candidate[],
) {
  const { offsets } = block.columns()
  const sign = wanted.direction === 'older' ? -1 : 1
  const source = sourceKey(day)
  let found = 0
  let turn = next
  for (; turn >= 0 && turn < stamps.length && found < most; turn += sign) {
    const stamp = stamps[turn]!
    const ms = msOf(stamp)
    if (sign * ms > reach) break
    if (severityOf(stamp) > wanted.severity || isHidden(stamp)) continue
    const index = numbers === null ? turn : numbers[turn]!
    const end = index + 1 < block.count ? block.start + offsets[index + 1]! : block.end
    const pick = { ms, source, offset: block.start + offsets[index]!, end, day, block, index, turn }
    if (wanted.behind !== undefined && sign * comparePlaces(pick, wanted.behind) <= 0) continue
    picks.push(pick)
    found++
  }
  return turn
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
