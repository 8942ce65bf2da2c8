// The store of all records of a yard: blocks that are made from the log files, and the files.
import { existsSync } from 'node:fs'
import { messageOf } from '../../servers/contract/errors.ts'
import { followYard } from '../ingest/follow-yard.ts'
import { SlowPatternError } from '../query/create-selector.ts'
import { parseRecordId, renderRecordId } from '../query/record-id.ts'
import { sizeOf } from '../query/show-record.ts'
import type { RecordsReply, SearchEvents, ShownRecord } from '../query/wire.ts'
import { archivedDay } from './archive.ts'
import { DAY_MS } from './block.ts'
import { countOverTime } from './count-over-time.ts'
import { findContext } from './find-context.ts'
import { groupErrors } from './group-errors.ts'
import { Notes } from './notes.ts'
import { createParquet } from './parquet.ts'
import type { Page, RecordStore } from './record-store.ts'
import { type Cursor, daysOf, findCursor, type Scan, type Step, scanDays, withBlocks } from './scan-days.ts'
import { sealDay } from './seal-day.ts'
import type { SourceDay } from './source-day.ts'
import { tellStatus } from './tell-status.ts'
import { YardDays } from './yard-days.ts'

/** What one page, and one search, holds at most: long stacks and fields must not fill the memory. */
const PAGE_CHARACTERS_MAX = 4 * 1024 * 1024
/** How long one page is looked for; then the answer says where to go on. A search goes on by itself. */
const PAGE_MS_MAX = 3000
const PROGRESS_EVERY_MS = 100
/** A stream's part. */
const STREAM_RECORDS = 1000

export interface RecordStoreOptions {
  /** The yard. Its log folders are read. */
  readonly root: string
  /** A folder of the store's own, which is made. Whatever lies in it can be deleted. */
  readonly derived: string
  /** Where closed days are kept as Parquet: when their log files are gone, it is the truth. Left out: nowhere. */
  readonly archive?: string | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export interface OpenedStore extends RecordStore {
  /** Everything that was there at the beginning has been looked through, and closed days are kept. Nobody has to wait for it. */
  readonly caughtUp: Promise<void>
}

/** Resolves when questions can be asked; days that nobody has looked through yet are looked through when they are asked for. */
export async function createRecordStore(options: RecordStoreOptions): Promise<OpenedStore> {
  const { root, derived, now } = options
  const listeners = new Set<(records: readonly ShownRecord[]) => void>()
  const notes = new Notes()
  const closing = new AbortController()
  const report = (records: readonly ShownRecord[]) => {
    for (const listener of listeners) listener(records)
  }
  const archive = options.archive === undefined ? undefined : { folder: options.archive, parquet: createParquet() }
  const days = new YardDays({ root, derived, archive, report, notes })
  const onOver = async (day: SourceDay) => {
    day.store()
    if (archive === undefined || !existsSync(day.place.path)) return
    const place = archivedDay(archive.folder, day.place.source, day.place.day)
    await withBlocks([day], closing.signal, () => {
      day.store()
      return sealDay(day, place, archive.parquet)
    })
  }
  const follower = await followYard(days, { root, now, onOver, note: (text) => notes.sayOfAll(text) })

  const cursorOf = async ({ before, after, scope, signal }: Page): Promise<Cursor | undefined> => {
    const id = parseRecordId(before ?? after ?? '')
    return id === undefined ? undefined : await findCursor(days, id, scope, signal)
  }

  const scanOf = async (page: Page): Promise<Scan> => ({
    ...page,
    direction: page.after === undefined ? 'older' : 'newer',
    behind: await cursorOf(page),
    enough: page.limit,
  })

  return {
    caughtUp: follower.caughtUp,
    sources: () => days.sources(),
    async read(page) {
      const scan = await scanOf(page)
      const deadline = performance.now() + PAGE_MS_MAX
      const found: ShownRecord[] = []
      const take = createTake(page)
      for await (const step of scanDays(days, scan)) {
        const { taken, isFull } = take(step)
        found.push(...taken)
        if (isFull) return pageOf(found, found.at(-1)!.id, page)
        if (performance.now() > deadline) return pageOf(found, idOf(step.last), page)
      }
      return pageOf(found, null, page)
    },
    async search({ late, ...page }, tell) {
      const signal = late === undefined ? page.signal : AbortSignal.any([page.signal, late])
      const take = createTake(page)
      let place = page.before ?? null
      try {
        const scan = await scanOf({ ...page, signal })
        const progressAt = createProgress(daysOf(days, scan))
        for await (const step of scanDays(days, scan)) {
          const { taken, isFull } = take(step)
          place = isFull ? taken.at(-1)!.id : idOf(step.last)
          if (taken.length > 0) await tell({ found: taken })
          if (isFull) return await tell({ done: { before: place } })
          const progress = progressAt(step.last, place)
          if (progress !== undefined) await tell({ progress })
        }
        await tell({ done: { before: null } })
      } catch (error) {
        if (error instanceof SlowPatternError) await tell({ done: { before: null, stopped: error.message } })
        else if (late?.aborted && !page.signal.aborted)
          await tell({ done: { before: place, stopped: messageOf(late.reason) } })
        else throw error
      }
    },
    context: (id, around) => findContext(days, id, around),
    histogram: (asking, buckets) => countOverTime(days, { ...asking, nowMs: now() }, buckets),
    errors: (asking) => groupErrors(days, { ...asking, nowMs: now() }),
    async *stream(asking) {
      const scan: Scan = { ...asking, direction: 'newer', enough: STREAM_RECORDS }
      for await (const { hits } of scanDays(days, scan)) if (hits.length > 0) yield hits
    },
    follow(onRecords) {
      listeners.add(onRecords)
      return () => void listeners.delete(onRecords)
    },
    status: (scope) => tellStatus(days, scope, { behindMs: follower.behindMs(), notes: notes.of(scope), nowMs: now() }),
    async close() {
      listeners.clear()
      closing.abort(new Error('The viewer stops'))
      await follower.close()
      await archive?.parquet.close()
    },
  }
}

function idOf({ day, offset }: Step['last']): string {
  return renderRecordId({ ...day.place.source, day: day.place.day, offset })
}

/** `found` in the order of its direction, `place`: how far it was looked, null at the end. */
function pageOf(found: ShownRecord[], place: string | null, { before, after }: Page): Omit<RecordsReply, 'sources'> {
  if (after !== undefined) return { records: found, before: found[0]?.id ?? null, after: place }
  const records = found.reverse()
  return { records, before: place, after: before === undefined ? null : (records.at(-1)?.id ?? null) }
}

/** Takes of some hits after others what still has room in a page. */
function createTake({ limit, charactersMax = PAGE_CHARACTERS_MAX }: Page) {
  let count = 0
  let characters = 0
  return ({ hits, bytes }: Step): { taken: readonly ShownRecord[]; isFull: boolean } => {
    if (bytes !== undefined && characters + bytes < charactersMax) {
      const taken = hits.slice(0, limit - count)
      count += taken.length
      characters += bytes
      return { taken, isFull: count >= limit }
    }
    for (const [index, hit] of hits.entries()) {
      count++
      characters += sizeOf(hit)
      if (count >= limit || characters >= charactersMax) return { taken: hits.slice(0, index + 1), isFull: true }
    }
    return { taken: hits, isFull: false }
  }
}

/** Tells how far a search has come, now and then. Days weigh the same. */
function createProgress(names: readonly string[]) {
  let told = performance.now()
  return ({ day, ms }: Step['last'], id: string): SearchEvents['progress'] | undefined => {
    const now = performance.now()
    if (now - told < PROGRESS_EVERY_MS) return undefined
    told = now
    const newer = names.length - 1 - names.indexOf(day.place.day)
    return { to: new Date(day.dayMs + ms).toISOString(), share: (newer + 1 - ms / DAY_MS) / names.length, id }
  }
}
