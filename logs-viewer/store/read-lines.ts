// Lines of a log file by their places in it.
import { closeSync, openSync, readSync } from 'node:fs'

/** A record has 64 KiB at most, and a collector's wrapping at most doubles it. */
export const LINE_BYTES_MAX = 256 * 1024
/** What is kept of a longer line, which is none of ours. */
export const CUT_BYTES = 64 * 1024

/** Lines that are nearer than this to each other are read together: a call costs as much as so many bytes. */
const NEAR_BYTES = 4096
const READ_BYTES_MAX = 1024 * 1024
const NEWLINE = 10

export interface Span {
  readonly offset: number
  /** Where the next line begins, or later. */
  readonly end: number
}

/**
 * The lines at these places, which are in order; null for one that cannot contain `needle`, which is in lower case and of characters that
 * JSON leaves as they are: most lines need not be looked at one by one then. Throws ENOENT when the file is gone; of one that was cut,
 * the lines that are left.
 */
export function readLines(path: string, spans: readonly Span[], needle: string | undefined): (string | null)[] {
  const file = openSync(path, 'r')
  try {
    const lines: (string | null)[] = []
    while (lines.length < spans.length) {
      const first = spans[lines.length]!
      let count = 1
      let end = first.end
      for (let next = spans[lines.length + count]; next !== undefined; next = spans[lines.length + count]) {
        if (next.offset - end > NEAR_BYTES || next.end - first.offset > READ_BYTES_MAX) break
        end = next.end
        count++
      }
      const bytes = Buffer.allocUnsafe(Math.min(end - first.offset, READ_BYTES_MAX))
      const read = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, first.offset))
      const isNone = needle !== undefined && !read.toString('latin1').toLowerCase().includes(needle)
      for (const span of spans.slice(lines.length, lines.length + count)) {
        lines.push(isNone ? null : lineIn(read, span.offset - first.offset, span.end - first.offset, needle))
      }
    }
    return lines
  } finally {
    closeSync(file)
  }
}

function lineIn(bytes: Buffer, start: number, end: number, needle: string | undefined): string | null {
  const newline = bytes.indexOf(NEWLINE, start)
  const isWhole = newline !== -1 && newline < end
  if (start >= bytes.length) return null
  const stop = isWhole ? newline : Math.min(end, bytes.length)
  const line =
    stop - start > LINE_BYTES_MAX || !isWhole
      ? bytes.subarray(start, Math.min(stop, start + CUT_BYTES))
      : bytes.subarray(start, stop)
  if (needle !== undefined && !line.toString('latin1').toLowerCase().includes(needle)) return null
  return line.toString('utf8')
}
