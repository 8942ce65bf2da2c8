// The complete lines of a log file from a place on, a piece of it at a time. Read while everybody waits: it lies in memory, as a rule, and
// to be told that it was read costs more than to read it.
import { readSync } from 'node:fs'
import { CUT_BYTES, LINE_BYTES_MAX } from '../store/read-lines.ts'

/** What is read at a time. */
export const CHUNK_BYTES = 256 * 1024
const NEWLINE = 10

export interface NewLine {
  readonly offset: number
  /** Behind its newline. */
  readonly end: number
  readonly text: string
}

/**
 * The next lines at `position`, and where they end; nothing when there is no complete line yet. Of a line that is longer than any record
 * its beginning is kept, as `readLines` does it. `room` is CHUNK_BYTES long, or as long as the rest of the file, and can be used again.
 */
export function readNewLines(file: number, position: number, room: Buffer): { lines: NewLine[]; end: number } {
  const chunk = room.subarray(0, readSync(file, room, 0, room.length, position))
  const end = chunk.lastIndexOf(NEWLINE) + 1
  if (end > 0) return { lines: splitLines(chunk.subarray(0, end), position), end: position + end }
  if (chunk.length < CHUNK_BYTES) return { lines: [], end: position }
  for (let place = position + CHUNK_BYTES; ; place += CHUNK_BYTES) {
    const more = read(file, place, CHUNK_BYTES)
    const newline = more.indexOf(NEWLINE)
    if (newline !== -1) {
      const lineEnd = place + newline + 1
      const isLong = lineEnd - position > LINE_BYTES_MAX
      const bytes = isLong ? chunk.subarray(0, CUT_BYTES) : read(file, position, lineEnd - position - 1)
      return { lines: [{ offset: position, end: lineEnd, text: bytes.toString('utf8') }], end: lineEnd }
    }
    if (more.length < CHUNK_BYTES) return { lines: [], end: position }
  }
}

function splitLines(bytes: Buffer, position: number): NewLine[] {
  const lines: NewLine[] = []
  let start = 0
  for (let stop = bytes.indexOf(NEWLINE); stop !== -1; stop = bytes.indexOf(NEWLINE, start)) {
    lines.push({ offset: position + start, end: position + stop + 1, text: bytes.toString('utf8', start, stop) })
    start = stop + 1
  }
  return lines
}

function read(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  return bytes.subarray(0, readSync(file, bytes, 0, length, position))
}
