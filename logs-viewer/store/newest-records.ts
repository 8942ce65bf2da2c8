// The newest records of a yard that match a filter, merged from all folders by time of arrival.
import { parseRecordLine } from '../../servers/contract/record.ts'
import { type Filter, matches, mayMatch } from '../query/filter.ts'
import { renderRecordId } from '../query/record-id.ts'
import type { ShownRecord } from '../query/wire.ts'
import { BackwardStream, type Cursor, compareFolders } from './backward-stream.ts'
import type { LogFolder } from './log-files.ts'

/** What one question reads at most; then the answer says where to go on. Three to five seconds' work of two slow cores, other questions between. */
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
  const queue = new StreamQueue()
  for (const stream of streams) queue.add(stream)
  const records: ShownRecord[] = []
  let last: string | null = null
  let answered = 0
  let read = 0
  try {
    for (let stream = queue.take(); stream?.bound !== undefined && stream.bound >= since; stream = queue.take()) {
      const line = stream.take()
      if (line === undefined) {
        read += await stream.fill()
      } else {
        last = renderRecordId(stream.idOf(line))
        const record = mayMatch(filter, line.text) && { id: last, ...parseRecordLine(line.text, stream.origin) }
        if (record && matches(filter, record)) {
          records.push(record)
          answered += line.text.length
        }
        // Asked only when one was taken: an answer always gets further than the one before.
        if (records.length >= limit || answered > ANSWER_CHARACTERS_MAX || read > READ_CHARACTERS_MAX) {
          return { records: records.reverse(), before: last }
        }
      }
      queue.add(stream)
    }
    return { records: records.reverse(), before: null }
  } finally {
    await Promise.all(streams.map((stream) => stream.close()))
  }
}

/** Streams in the order of their next records; taken is the latest, and of several the last folder's. */
class StreamQueue {
  readonly #streams: BackwardStream[] = []

  take(): BackwardStream | undefined {
    return this.#streams.pop()
  }

  add(stream: BackwardStream): void {
    let low = 0
    let high = this.#streams.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore(stream, this.#streams[middle]!)) high = middle
      else low = middle + 1
    }
    this.#streams.splice(low, 0, stream)
  }
}

function isBefore(a: BackwardStream, b: BackwardStream): boolean {
  const [left, right] = [a.bound ?? '', b.bound ?? '']
  return left === right ? compareFolders(a.folder, b.folder) < 0 : left < right
}
