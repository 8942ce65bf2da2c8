// Goes through the records of a question, newest or oldest first, a bounded part of them at a time.
import { setImmediate, setTimeout } from 'node:timers/promises'
import { SEVERITIES, severityNumber } from '../../servers/contract/record.ts'
import { createSelector } from '../query/create-selector.ts'
import type { PatternBudget } from '../query/pattern-budget.ts'
import type { Question, Scope } from '../query/question.ts'
import type { RecordId } from '../query/record-id.ts'
import type { ShownRecord } from '../query/wire.ts'
import { DAY_MS, findOffset, msOf } from './block.ts'
import { LostIndexError } from './index-file.ts'
import { createPruner, needleOf } from './prune.ts'
import { pickOut, readPicks } from './read-picks.ts'
import type { SourceDay } from './source-day.ts'
import { type Candidate, comparePlaces, type Direction, type Place, sourceKey, sweepDay, type Wanted } from './sweep.ts'
import type { YardDays } from './yard-days.ts'

/** Others are served after so long. */
const TURN_MS = 10
/** How soon it is seen that there is time for patterns again. */
const LOOK_EVERY_MS = 50
/** Records that are looked at together: few at first, because most questions end there. */
const RECORDS_FIRST = 256
const RECORDS_MAX = 8192
/** From here on what is searched for is rare: whole blocks are read at once, and most have nothing. */
const RECORDS_PICKED_OUT = 4096
/** What is read of them together, if they are long. */
const READ_BYTES_MAX = 4 * 1024 * 1024

/** A place among the records of all days. */
export interface Cursor {
  readonly day: string
  /** Undefined: in front of all records of the day. */
  readonly place: Place | undefined
}

export interface Scan {
  readonly question: Question
  readonly scope: Scope
  readonly signal: AbortSignal
  readonly direction: Direction
  /** See `Asking`. */
  readonly patterns?: PatternBudget | undefined
  /** Only what comes behind it in the direction. */
  readonly behind?: Cursor | undefined
  /** How many records are enough, when every one matches. */
  readonly enough: number
}

export interface Step {
  /** In the order of the direction. */
  readonly hits: readonly ShownRecord[]
  /** How long the lines of all hits are together, where that is known without a look at each. */
  readonly bytes?: number
  /** The last record that was looked at, or passed over. */
  readonly last: Looked
}

export type Looked = Pick<Candidate, 'day' | 'ms' | 'offset'>

/**
 * Ends when everything has been looked at, towards the past with a step at the end of each day; whoever has enough stops asking. Rejects with the signal's
 * reason, or a SlowPatternError.
 */
export async function* scanDays(days: YardDays, scan: Scan): AsyncGenerator<Step> {
  const { question, signal, direction, behind, enough, patterns } = scan
  const turns = createTurns(signal)
  const mayHold = createPruner(question)
  const needle = needleOf(question)
  // Which day and which time a record is of is decided by where it lies.
  const select = createSelector({ ...question, from: null, to: null })
  const matchesAll = question.terms.length === 0
  const budget = question.terms.some(({ kind }) => kind === 'pattern') ? patterns : undefined
  let records = matchesAll ? Math.min(enough, RECORDS_MAX) : RECORDS_FIRST

  for (const day of daysInDirection(days, scan)) {
    const sources = days.sourceDays(sourcesOf(question, scan.scope), day)
    for (const source of sources) await source.catchUp(signal)
    const wanted: Omit<Wanted, 'behind'> = {
      direction,
      ...timesOf(question, day),
      severity: question.severity === null ? SEVERITIES.length - 1 : severityNumber(question.severity),
      mayHold,
      pickOut: async (source, block) => {
        if (needle === undefined || records < RECORDS_PICKED_OUT) return null
        await turns()
        return pickOut(source, block, needle)
      },
    }
    let place = behind?.day === day ? behind.place : undefined
    for (let isMended = false; ; isMended = true) {
      try {
        for await (const some of sweepDay(sources, { ...wanted, behind: place }, () => records)) {
          for (const piece of piecesOf(some)) {
            const picked = await readPicks(piece, needle)
            if (budget !== undefined) await untilLeft(budget, signal)
            const found = budget === undefined ? select(picked) : budget.spend(() => select(picked))
            const last = piece.at(-1)!
            place = last
            yield { hits: found, last, ...(found.length === piece.length ? { bytes: bytesOf(piece) } : {}) }
            await turns()
          }
          records = Math.min(RECORDS_MAX, records * 2)
        }
        break
      } catch (error) {
        if (isMended || !(error instanceof LostIndexError)) throw error
        // It goes on from where it was.
        for (const source of sources) await source.mend(error, signal)
      }
    }
    const last = direction === 'older' ? beginOf(sources) : undefined
    if (last !== undefined) yield { hits: [], last }
    await turns()
  }
}

/** Others are answered meanwhile. */
async function untilLeft(budget: PatternBudget, signal: AbortSignal): Promise<void> {
  while (budget.leftMs() <= 0) {
    await setTimeout(LOOK_EVERY_MS)
    signal.throwIfAborted()
  }
}

/** Does something with blocks of these days; once more, if an index was deleted meanwhile. */
export async function withBlocks<T>(
  days: readonly SourceDay[],
  signal: AbortSignal,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof LostIndexError)) throw error
    for (const day of days) await day.mend(error, signal)
    return work()
  }
}

/** What a question wants of what may be seen. */
export function sourcesOf({ developers, servers }: Question, scope: Scope): Scope {
  return scope.filter(
    ({ developer, server }) =>
      (developers.length === 0 || developers.includes(developer)) && (servers.length === 0 || servers.includes(server)),
  )
}

/** The part of a day that a question is about, in milliseconds of it. */
export function timesOf({ from, to }: Question, day: string): { fromMs: number; toMs: number } {
  const dayMs = Date.parse(day)
  return {
    fromMs: from === null ? 0 : Math.max(0, Date.parse(from) - dayMs),
    toMs: to === null ? DAY_MS : Math.min(DAY_MS, Date.parse(to) - dayMs),
  }
}

/** The days a question is about, oldest first. */
export function daysOf(days: YardDays, { question, scope }: Pick<Scan, 'question' | 'scope'>): string[] {
  return days.daysOf(sourcesOf(question, scope)).filter((day) => {
    const { fromMs, toMs } = timesOf(question, day)
    return fromMs < DAY_MS && toMs > 0
  })
}

/** Where a record stands; of one that is gone, or not in the scope, the beginning of its day. */
export async function findCursor(days: YardDays, id: RecordId, scope: Scope, signal: AbortSignal): Promise<Cursor> {
  const source = scope.filter(({ developer, server }) => developer === id.developer && server === id.server)
  const [day] = days.sourceDays(source, id.day)
  await day?.catchUp(signal)
  const place = day && (await withBlocks([day], signal, () => placeIn(day, id.offset)))
  return { day: id.day, place }
}

function placeIn(day: SourceDay, offset: number): Place | undefined {
  const block = day.blocks.find(({ start, end }) => start <= offset && offset < end)
  const index = block === undefined ? -1 : findOffset(block, offset)
  if (block === undefined || index === -1) return undefined
  return { ms: msOf(block.columns().stamps[index]!), source: sourceKey(day), offset }
}

/** The first record of a day; undefined when there is none. */
function beginOf(days: readonly SourceDay[]): Looked | undefined {
  const firsts = days.flatMap((day) => {
    const [block] = day.blocks
    return block === undefined ? [] : [{ day, ms: block.firstMs, source: sourceKey(day), offset: block.start }]
  })
  return firsts.sort(comparePlaces)[0]
}

/** Lets others work after a while, and asks whether the answer is still wanted. */
export function createTurns(signal: AbortSignal): () => Promise<void> {
  let begin = performance.now()
  return async () => {
    signal.throwIfAborted()
    if (performance.now() - begin < TURN_MS) return
    await setImmediate()
    signal.throwIfAborted()
    begin = performance.now()
  }
}

function daysInDirection(days: YardDays, scan: Scan): string[] {
  const { behind, direction } = scan
  const all = daysOf(days, scan)
  if (direction === 'newer') return all.filter((day) => behind === undefined || day >= behind.day)
  const isWanted = (day: string) =>
    behind === undefined || day < behind.day || (day === behind.day && behind.place !== undefined)
  return all.filter(isWanted).reverse()
}

function bytesOf(piece: readonly Candidate[]): number {
  let bytes = 0
  for (const { offset, end } of piece) bytes += end - offset
  return bytes
}

function* piecesOf(picks: readonly Candidate[]): Generator<Candidate[]> {
  let piece: Candidate[] = []
  let bytes = 0
  for (const pick of picks) {
    piece.push(pick)
    bytes += pick.end - pick.offset
    if (bytes < READ_BYTES_MAX) continue
    yield piece
    piece = []
    bytes = 0
  }
  if (piece.length > 0) yield piece
}
