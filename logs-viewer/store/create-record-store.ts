// The store of all records of a yard: blocks that are made from the log files, and the files.
import { existsSync } from 'node:fs'

import { followYard } from '../ingest/follow-yard.ts'
import { SlowPatternError } from '../query/create-selector.ts'
import { parseRecordId, renderRecordId } from '../query/record-id.ts'
import type { RecordsReply, SearchEvents, ShownRecord } from '../query/wire.ts'
import { archivedDay } from './archive.ts'
import { countOverTime } from './count-over-time.ts'
import { findContext } from './find-context.ts'
import { groupErrors } from './group-errors.ts'
import { createParquet } from './parquet.ts'
import type { Page, RecordStore } from './record-store.ts'
import { type Cursor, daysOf, findCursor, type Scan, type Step, scanDays } from './scan-days.ts'
import { sealDay } from './seal-day.ts'
import type { SourceDay } from './source-day.ts'
import { tellStatus } from './tell-status.ts'
import { YardDays } from './yard-days.ts'

/** What one page holds at most: long stacks must not fill the memory. */
const PAGE_CHARACTERS_MAX = 4 * 1024 * 1024
/** How long one page is looked for; then the answer says where to go on. A search goes on by itself. */
const PAGE_MS_MAX = 3000
const PROGRESS_EVERY_MS = 100
const DAY_MS = 24 * 60 * 60 * 1000
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
  const notes = new Set<string>()
  const complain = (what: string) => void notes.add(what)
  const report = (records: readonly ShownRecord[]) => {
    for (const listener of listeners) listener(records)
  }
  const archive = options.archive === undefined ? undefined : { folder: options.archive, parquet: createParquet() }
  const days = new YardDays({ root, derived, archive, report, complain })
  const onOver = async (day: SourceDay) => {
    if (archive === undefined || !existsSync(day.place.path)) return
    await sealDay(day, archivedDay(archive.folder, day.place.source, day.place.day), archive.parquet)
  }
  const follower = await followYard(days, { root, now, onOver, complain })

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
      let characters = 0
      let place: string | null = null
      for await (const { hits, last } of scanDays(days, scan)) {
        place = idOf(last)
        for (const hit of hits) {
          found.push(hit)
          characters += sizeOf(hit)
          if (found.length < page.limit && characters < PAGE_CHARACTERS_MAX) continue
          return pageOf(found, hit.id, page)
        }
        if (performance.now() > deadline) return pageOf(found, place, page)
      }
      return pageOf(found, null, page)
    },
    async search(page, tell) {
      const scan = await scanOf({ ...page, after: undefined })
      const tellProgress = createProgress(daysOf(days, scan), tell)
      let count = 0
      try {
        for await (const { hits, last } of scanDays(days, scan)) {
          const found = hits.slice(0, page.limit - count)
          count += found.length
          if (found.length > 0) tell({ found })
          if (count >= page.limit) return tell({ done: { before: found.at(-1)!.id } })
          tellProgress(last)
        }
        tell({ done: { before: null } })
      } catch (error) {
        if (!(error instanceof SlowPatternError)) throw error
        tell({ done: { before: null, stopped: error.message } })
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
    status: (scope) => tellStatus(days, scope, { behindMs: follower.behindMs(), notes: [...notes], nowMs: now() }),
    async close() {
      listeners.clear()
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

function sizeOf({ message, stack }: ShownRecord): number {
  return message.length + (stack?.length ?? 0)
}

/** Tells how far a search has come, now and then. Days weigh the same. */
function createProgress(names: readonly string[], tell: (event: Partial<SearchEvents>) => void) {
  let told = performance.now()
  return ({ day, ms }: Step['last']) => {
    const now = performance.now()
    if (now - told < PROGRESS_EVERY_MS) return
    told = now
    const newer = names.length - 1 - names.indexOf(day.place.day)
    tell({
      progress: { to: new Date(day.dayMs + ms).toISOString(), share: (newer + 1 - ms / DAY_MS) / names.length },
    })
  }
}
