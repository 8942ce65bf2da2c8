// The records of one log folder from a place towards the past, opened and read only as far as somebody asks.
import { type FileHandle, open } from 'node:fs/promises'
import { parseRecordLine } from '../../servers/contract/record.ts'
import { parseRecordId, type RecordId, renderRecordId } from '../query/record-id.ts'
import type { ShownRecord } from '../query/wire.ts'
import { LINE_BYTES_MAX, type Line, readLineFrom, readLinesBackwards } from './lines.ts'
import { type LogFolder, logFilePath } from './log-files.ts'

/** A place in the common order of all folders: by time of arrival, then by the folder's path, then by place in the file. */
export interface Cursor {
  readonly id: RecordId
  readonly received: string
}

/** Behind every time of a day, before every time of the next. */
const END_OF_DAY = 'T99'

export class BackwardStream {
  readonly folder: LogFolder
  readonly #before: Cursor | undefined
  #days: string[]
  #day = ''
  #file: FileHandle | undefined
  #lines: AsyncGenerator<Line[]> | undefined
  #records: ShownRecord[] = []
  /** How much text was read, for a budget. */
  charactersRead = 0

  constructor(folder: LogFolder, before: Cursor | undefined) {
    this.folder = folder
    this.#before = before
    this.#days = folder.days.filter((day) => before === undefined || day <= lastDay(before))
  }

  /** The time of arrival of the next record, or, before that is known, a later one. Undefined at the end. */
  get bound(): string | undefined {
    if (this.#records.length > 0) return this.#records.at(-1)!.received
    if (this.#lines !== undefined) return this.#day + END_OF_DAY
    const day = this.#days.at(-1)
    return day === undefined ? undefined : day + END_OF_DAY
  }

  /** The next record if it is in memory already; undefined means: `fill`, and ask for `bound` again. */
  take(): ShownRecord | undefined {
    return this.#records.pop()
  }

  /** Reads the next piece. It may hold no record. */
  async fill(): Promise<void> {
    if (this.#lines === undefined) return this.#openNextDay()
    const { value, done } = await this.#lines.next()
    if (done) return this.close()
    const { server, developer } = this.folder
    for (const { offset, text } of (value as Line[]).reverse()) {
      this.charactersRead += text.length
      const id = { server, developer, day: this.#day, offset }
      const record = { id: renderRecordId(id), ...parseRecordLine(text, { server, developer }) }
      if (this.#isWanted(id, record.received)) this.#records.push(record)
    }
  }

  async close(): Promise<void> {
    this.#lines = undefined
    await this.#file?.close()
    this.#file = undefined
  }

  async #openNextDay(): Promise<void> {
    const day = this.#days.pop()
    if (day === undefined) return
    try {
      this.#file = await open(logFilePath(this.folder, day))
      const { size } = await this.#file.stat()
      this.#day = day
      this.#lines = readLinesBackwards(this.#file, await this.#endOf(this.#file, day, size))
    } catch {
      // Removed since the folder was listed: retention does that. Then there is nothing of that day.
      await this.close()
    }
  }

  /** Where to begin in a file: close behind the last record that is wanted. */
  async #endOf(file: FileHandle, day: string, size: number): Promise<number> {
    const before = this.#before
    if (before === undefined || day !== lastDay(before)) return size
    let low = 0
    let high = size
    while (high - low > LINE_BYTES_MAX) {
      const middle = Math.floor((low + high) / 2)
      const line = await readLineFrom(file, middle, false)
      const id = { ...this.folder, day, offset: line?.offset ?? size }
      const isWanted = line !== undefined && this.#isWanted(id, parseRecordLine(line.text, this.folder).received)
      if (isWanted) low = middle
      else high = middle
    }
    return Math.min(size, high + LINE_BYTES_MAX)
  }

  #isWanted(id: RecordId, received: string): boolean {
    const before = this.#before
    if (before === undefined) return true
    if (id.server === before.id.server && id.developer === before.id.developer) {
      return id.day < before.id.day || (id.day === before.id.day && id.offset < before.id.offset)
    }
    if (received !== before.received) return received < before.received
    return compareFolders(id, before.id) < 0
  }
}

/** The order of folders whose records arrived in the same millisecond. */
export function compareFolders(
  a: { readonly server: string; readonly developer: string },
  b: { readonly server: string; readonly developer: string },
): number {
  const [left, right] = [`${a.server}/${a.developer}`, `${b.server}/${b.developer}`]
  return left < right ? -1 : left > right ? 1 : 0
}

/** The cursor of a record that may be gone already: then the beginning of its day has to do. Undefined when the text is no id. */
export async function readCursor(folders: readonly LogFolder[], text: string): Promise<Cursor | undefined> {
  const id = parseRecordId(text)
  if (id === undefined) return undefined
  const folder = folders.find(({ server, developer }) => server === id.server && developer === id.developer)
  try {
    const file = await open(logFilePath(folder!, id.day))
    try {
      const line = await readLineFrom(file, id.offset, true)
      return { id, received: parseRecordLine(line!.text, id).received }
    } finally {
      await file.close()
    }
  } catch {
    return { id, received: `${id.day}T00:00:00.000Z` }
  }
}

function lastDay(before: Cursor): string {
  const day = before.received.slice(0, 10)
  return day > before.id.day ? day : before.id.day
}
