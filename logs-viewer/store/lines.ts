// Lines of a file by their place in it, a bounded piece of it in memory at a time.
import type { FileHandle } from 'node:fs/promises'

export interface Line {
  /** Where it begins, in bytes. */
  readonly offset: number
  readonly text: string
}

/** A record has 64 KiB at most, and a collector's wrapping at most doubles it; of a longer line only so much is kept. */
export const LINE_BYTES_MAX = 256 * 1024

/** Most questions end in the first piece of most files, so that one is small. */
const FIRST_CHUNK_BYTES = 8 * 1024
const CHUNK_BYTES = 64 * 1024
const NEWLINE = 10

/**
 * The complete lines that begin before `end`, the last one first, some at a time. What follows the last newline before `end` is a line
 * that is still being written, or the rest of one, and is left out.
 */
export async function* readLinesBackwards(file: FileHandle, end: number): AsyncGenerator<Line[]> {
  let position = end
  // The bytes behind `position` whose line begins before it, with the newline at their end.
  let rest: Buffer = Buffer.alloc(0)
  let synchronised = false
  while (position > 0) {
    const size = Math.min(position === end ? FIRST_CHUNK_BYTES : CHUNK_BYTES, position)
    position -= size
    const chunk = await readExactly(file, position, size)
    if (chunk === undefined) return
    let bytes = rest.length === 0 ? chunk : Buffer.concat([chunk, rest])
    let stop = bytes.lastIndexOf(NEWLINE)
    if (!synchronised) {
      if (stop === -1) continue
      bytes = bytes.subarray(0, stop + 1)
      synchronised = true
    }
    stop = bytes.length - 1
    const lines: Line[] = []
    for (let start = newlineBefore(bytes, stop); start !== -1; start = newlineBefore(bytes, stop)) {
      lines.push({ offset: position + start + 1, text: bytes.toString('utf8', start + 1, stop) })
      stop = start
    }
    if (position === 0) lines.push({ offset: 0, text: bytes.toString('utf8', 0, stop) })
    rest = bytes.subarray(0, stop + 1)
    if (rest.length > LINE_BYTES_MAX) rest = rest.subarray(rest.length - LINE_BYTES_MAX)
    yield lines
  }
}

/** The complete line at or after `offset`; undefined when there is none within LINE_BYTES_MAX. `offset` may lie within a line. */
export async function readLineFrom(file: FileHandle, offset: number, isStart: boolean): Promise<Line | undefined> {
  for (const length of [FIRST_CHUNK_BYTES, LINE_BYTES_MAX]) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset)
    const bytes = buffer.subarray(0, bytesRead)
    const start = isStart ? 0 : bytes.indexOf(NEWLINE) + 1
    const stop = bytes.indexOf(NEWLINE, start)
    if (stop !== -1 && (isStart || start > 0)) {
      return { offset: offset + start, text: bytes.toString('utf8', start, stop) }
    }
  }
  return undefined
}

function newlineBefore(bytes: Buffer, stop: number): number {
  return stop === 0 ? -1 : bytes.lastIndexOf(NEWLINE, stop - 1)
}

async function readExactly(file: FileHandle, position: number, size: number): Promise<Buffer | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(size), 0, size, position)
  // The file was truncated meanwhile: what was read of it is all there is to say.
  return bytesRead === size ? buffer : undefined
}
