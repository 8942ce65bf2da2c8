// Lines of a log file by their places in it.
import { closeSync, openSync, readSync } from 'node:fs'
import { BLOCK_BYTES } from './block.ts'
import { foldCase } from './fold-case.ts'

/** A record has 64 KiB at most, and a collector's wrapping at most doubles it. */
export const LINE_BYTES_MAX = 256 * 1024
/** What is kept of a longer line, which is none of ours. */
export const CUT_BYTES = 64 * 1024

/** Lines that are nearer than this to each other are read together: a call costs as much as so many bytes. */
const NEAR_BYTES = 4096
const READ_BYTES_MAX = BLOCK_BYTES + LINE_BYTES_MAX
const NEWLINE = 10

/** What was read last. Nobody waits between reading and looking. */
const scratch = Buffer.alloc(READ_BYTES_MAX)

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
      const group = groupAt(spans, lines.length)
      const start = group[0]!.offset
      const bytes = read(file, start, group.at(-1)!.end - start)
      const folded = needle === undefined ? undefined : foldCase(bytes)
      let place = folded?.indexOf(needle!) ?? 0
      for (const { offset, end } of group) {
        if (folded !== undefined && place !== -1 && place < offset - start)
          place = folded.indexOf(needle!, offset - start)
        const mayMatch = folded === undefined || (place !== -1 && place < end - start)
        lines.push(mayMatch ? lineIn(bytes, offset - start, end - start) : null)
      }
    }
    return lines
  } finally {
    closeSync(file)
  }
}

/** Which of the lines that begin at these places, in order and one behind another, contain `needle`; see `readLines`. */
export function findLines(
  path: string,
  { start, end }: { readonly start: number; readonly end: number },
  offsets: Uint32Array,
  needle: string,
): Uint32Array {
  // A line that is none of ours makes a block so long: then all of its lines are looked at.
  if (end - start > READ_BYTES_MAX) return offsets.map((_offset, index) => index)
  const file = openSync(path, 'r')
  try {
    const folded = foldCase(read(file, start, end - start))
    const found: number[] = []
    let line = 0
    for (let place = folded.indexOf(needle); place !== -1; place = folded.indexOf(needle, offsets[line])) {
      while (line < offsets.length && offsets[line]! <= place) line++
      found.push(line - 1)
      if (line === offsets.length) break
    }
    return Uint32Array.from(found)
  } finally {
    closeSync(file)
  }
}

function groupAt(spans: readonly Span[], begin: number): readonly Span[] {
  const first = spans[begin]!
  let next = begin + 1
  for (let end = first.end; next < spans.length; end = spans[next++]!.end) {
    if (spans[next]!.offset - end > NEAR_BYTES || spans[next]!.end - first.offset > READ_BYTES_MAX) break
  }
  return spans.slice(begin, next)
}

function read(file: number, position: number, length: number): Buffer {
  return scratch.subarray(0, readSync(file, scratch, 0, Math.min(length, READ_BYTES_MAX), position))
}

function lineIn(bytes: Buffer, start: number, end: number): string | null {
  if (start >= bytes.length) return null
  const newline = bytes.indexOf(NEWLINE, start)
  const stop = newline === -1 || newline >= end ? Math.min(end, bytes.length) : newline
  const isRecord = stop === newline && stop - start <= LINE_BYTES_MAX
  return bytes.toString('utf8', start, isRecord ? stop : Math.min(stop, start + CUT_BYTES))
}
