// The newest records of a yard that match a filter, merged from all folders by time of arrival.
import { type Filter, matches } from '../query/filter.ts'
import type { ShownRecord } from '../query/wire.ts'
import { BackwardStream, type Cursor, compareFolders } from './backward-stream.ts'
import type { LogFolder } from './log-files.ts'

/** What one question reads at most; then the answer says where to go on. About a second's work. */
const READ_CHARACTERS_MAX = 64 * 1024 * 1024
/** What one answer holds at most: long stacks must not fill the memory. */
const ANSWER_CHARACTERS_MAX = 4 * 1024 * 1024

export interface NewestOptions {
  readonly filter: Filter
  readonly limit: number
  /** Only what comes before this one in the common order. */
  readonly before?: Cursor | undefined
  /** Only what arrived then or later, as ISO text. */
  readonly since?: string | undefined
}

export interface Newest {
  /** In the order of arrival. */
  readonly records: ShownRecord[]
  /** The oldest record that was looked at, when there may be more behind it. */
  readonly before: string | null
}

/**
 * Reads backwards, merged by time, no further than needed: for the newest ones of a busy yard that is one piece of each open file.
 * A file's day bounds the times in it, so files of older days are not opened before their turn.
 */
export async function readNewestRecords(folders: readonly LogFolder[], options: NewestOptions): Promise<Newest> {
  const { filter, limit, before, since = '' } = options
  const streams = folders
    .filter(({ server }) => filter.server === undefined || server === filter.server)
    .filter(({ developer }) => filter.developer === undefined || developer === filter.developer)
    .map((folder) => new BackwardStream(folder, before))
    .sort((a, b) => compareFolders(a.folder, b.folder))
  const records: ShownRecord[] = []
  let last: string | null = null
  let characters = 0
  try {
    for (;;) {
      const stream = latest(streams)
      if (stream === undefined || stream.bound! < since) return { records: records.reverse(), before: null }
      const record = stream.take()
      if (record === undefined) {
        await stream.fill()
        continue
      }
      last = record.id
      if (matches(filter, record)) {
        characters += record.message.length + (record.stack?.length ?? 0)
        records.push(record)
      }
      const read = streams.reduce((sum, { charactersRead }) => sum + charactersRead, 0)
      if (records.length >= limit || characters > ANSWER_CHARACTERS_MAX || read > READ_CHARACTERS_MAX) {
        return { records: records.reverse(), before: last }
      }
    }
  } finally {
    await Promise.all(streams.map((stream) => stream.close()))
  }
}

/** The one whose next record is the latest; of several the last folder's. */
function latest(streams: readonly BackwardStream[]): BackwardStream | undefined {
  let found: BackwardStream | undefined
  let bound: string | undefined
  for (const stream of streams) {
    const own = stream.bound
    if (own !== undefined && (bound === undefined || own >= bound)) {
      found = stream
      bound = own
    }
  }
  return found
}
