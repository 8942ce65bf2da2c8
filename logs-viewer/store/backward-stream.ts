// The records of one log folder from a place towards the past, opened and read only as far as somebody asks.
import { type FileHandle, open } from 'node:fs/promises'
import { parseRecordLine, receivedOf } from '../../servers/contract/record.ts'
import { parseRecordId, type RecordId } from '../query/record-id.ts'
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
  /** Whose records they are. */
  readonly origin: { readonly server: string; readonly developer: string }
  readonly #before: Cursor | undefined
  readonly #days: string[]
  #day = ''
  #file: FileHandle | undefined
  #pieces: AsyncGenerator<Line[]> | undefined
  /** Lines that were read and not taken, the next one last. They are parsed when they are taken: most never are. */
  #lines: Line[] = []
  #bound: string | undefined

  constructor(folder: LogFolder, before: Cursor | undefined) {
    this.folder = folder
    this.origin = { server: folder.server, developer: folder.developer }
    this.#before = before
    this.#days = folder.days.filter((day) => before === undefined || day <= lastDay(before))
    this.#bound = this.#boundOfDays()
  }

  /** The time of arrival of the next record, or, before that is known, a later one. Undefined at the end. */
  get bound(): string | undefined {
    return this.#bound
  }

  /** The next line if it is in memory already; undefined means: `fill`, and ask for `bound` again. */
  take(): Line | undefined {
    const line = this.#lines.pop()
    this.#updateBound()
    return line
  }

  idOf({ offset }: Line): RecordId {
    return { ...this.origin, day: this.#day, offset }
  }

  /** Reads the next piece, which may hold no record that is wanted. Resolves with its length in characters. */
  async fill(): Promise<number> {
    if (this.#pieces === undefined) {
      await this.#openNextDay()
      return 0
    }
    const { value, done } = await this.#pieces.next()
    if (done) {
      await this.close()
      this.#bound = this.#boundOfDays()
      return 0
    }
    this.#lines = value.reverse()
    const characters = value.reduce((sum, { text }) => sum + text.length, 0)
    while (this.#lines.length > 0 && !this.#isWanted(this.#lines.at(-1)!)) this.#lines.pop()
    this.#updateBound()
    return characters
  }

  async close(): Promise<void> {
    this.#pieces = undefined
    await this.#file?.close()
    this.#file = undefined
  }

  #updateBound(): void {
    const line = this.#lines.at(-1)
    if (line === undefined) return
    // A line that is none of the collector's stays where it is, behind its neighbour.
    this.#bound = receivedOf(line.text) ?? this.#bound
  }

  #boundOfDays(): string | undefined {
    const day = this.#days.at(-1)
    return day === undefined ? undefined : day + END_OF_DAY
  }

  async #openNextDay(): Promise<void> {
    const day = this.#days.pop()
    if (day === undefined) return
    try {
      this.#file = await open(logFilePath(this.folder, day))
      const { size } = await this.#file.stat()
      this.#day = day
      this.#pieces = readLinesBackwards(this.#file, await this.#endOf(this.#file, day, size))
    } catch {
      // Removed since the folder was listed: retention does that. Then there is nothing of that day.
      await this.close()
      this.#bound = this.#boundOfDays()
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
      if (line !== undefined && this.#isWanted(line)) low = middle
      else high = middle
    }
    return Math.min(size, high + LINE_BYTES_MAX)
  }

  #isWanted(line: Line): boolean {
    const before = this.#before
    if (before === undefined) return true
    const { server, developer } = this.folder
    if (server === before.id.server && developer === before.id.developer) {
      return this.#day < before.id.day || (this.#day === before.id.day && line.offset < before.id.offset)
    }
    const received = receivedOf(line.text) ?? ''
    if (received !== before.received) return received < before.received
    return compareFolders(this.folder, before.id) < 0
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
