// The Range header (RFC 9110 section 14), judged as nginx does.

/** From the first byte to before `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Parts of one reply at most, whatever `max_ranges` allows: each costs a head of its own. */
const RANGES_MAX = 64

const SPEC = /^\s*(?:(\d{1,15})\s*-\s*(\d{1,15})?|-\s*(\d{1,15}))\s*$/

/**
 * `whole`: the header is to be ignored, because it is no range of bytes, or asks for more parts than are given, or for more bytes than there
 * are. `unsatisfiable`: 416.
 */
export function parseRanges(header: string, bytes: number, max = RANGES_MAX): ByteRange[] | 'whole' | 'unsatisfiable' {
  if (!/^bytes=./i.test(header)) return 'whole'
  const specs = header.slice('bytes='.length).split(',')
  const ranges: ByteRange[] = []
  let total = 0
  for (const spec of specs) {
    const match = SPEC.exec(spec)
    if (match === null) return 'unsatisfiable'
    const [, first, last, suffix] = match
    const start = suffix === undefined ? Number(first) : Math.max(0, bytes - Number(suffix))
    const end = suffix !== undefined || last === undefined ? bytes : Math.min(Number(last) + 1, bytes)
    if (start < end) {
      if (ranges.length === Math.min(max, RANGES_MAX)) return 'whole'
      ranges.push({ start, end })
      total += end - start
    } else if (start === 0) return 'whole'
  }
  if (ranges.length === 0) return 'unsatisfiable'
  return total > bytes ? 'whole' : ranges
}
