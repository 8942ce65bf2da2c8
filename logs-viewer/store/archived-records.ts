// The records of a day that is kept as Parquet, when its log file is gone.
import type { LogRecord } from '../../servers/contract/record.ts'
import type { Source } from '../query/wire.ts'
import { type ArchivedDay, bestParquet, readSeal } from './archive.ts'
import type { Parquet } from './parquet.ts'
import type { Span } from './read-lines.ts'

/** Records of so many bytes of the log file are read at a time. */
const ARCHIVE_BYTES = 8 * 1024 * 1024

export interface DayArchive {
  readonly place: ArchivedDay
  readonly parquet: Parquet
}

export interface ArchivedRecord {
  /** In the log file. */
  readonly offset: number
  /** Where the next one begins. */
  readonly end: number
  readonly record: LogRecord
}

/** All of them, in order, some at a time. */
export async function* readArchive(
  { place, parquet }: DayArchive,
  source: Source,
): AsyncGenerator<readonly ArchivedRecord[]> {
  const { path } = bestParquet(place) ?? {}
  for (let start = 0; path !== undefined; start += ARCHIVE_BYTES) {
    const some = await parquet.read(path, { start, end: start + ARCHIVE_BYTES })
    if (some.length === 0 && start > (readSeal(place)?.bytes ?? 0)) return
    yield some.map(({ offset, record }, index) => {
      return { offset, end: some[index + 1]?.offset ?? offset + 1, record: { ...source, ...record } }
    })
  }
}

/** Records by their places, which are in order; undefined where one is not. */
export async function readArchivedAt(
  archive: DayArchive | undefined,
  source: Source,
  spans: readonly Span[],
): Promise<(LogRecord | undefined)[]> {
  const best = archive && bestParquet(archive.place)
  if (archive === undefined || best === undefined || spans.length === 0) return []
  const { read, readAt } = archive.parquet
  const range = { start: spans[0]!.offset, end: spans.at(-1)!.offset + 1 }
  const some = await (areDense(spans)
    ? read(best.path, range)
    : readAt(
        best.path,
        spans.map(({ offset }) => offset),
      ))
  const found = new Map(some.map(({ offset, record }) => [offset, record]))
  return spans.map(({ offset }) => {
    const record = found.get(offset)
    return record === undefined ? undefined : { ...source, ...record }
  })
}

/** To read what lies between them, too, is faster then than to name each, and no more than a page has room for. */
function areDense(spans: readonly Span[]): boolean {
  const bytes = spans.at(-1)!.end - spans[0]!.offset
  const wanted = spans.reduce((sum, { offset, end }) => sum + end - offset, 0)
  return bytes <= ARCHIVE_BYTES && wanted * 2 >= bytes
}
