// What a request's path means: normalised once, so that locations, static files and scripts all see the same one.

/** Any of these takes the slow way: an escape, a fragment, a doubled slash, a dot segment, or what is not printable ASCII. */
const UNUSUAL = /[%#]|\/\/|\/\.|[^\x21-\x7e]/
const HEX = /^[0-9a-f]{2}$/i
const SLASH = 0x2f

/**
 * Percent-decodes once, merges slashes and resolves dot segments, in this order, as nginx does. `%2F` stays as it is, so
 * that an encoded slash never becomes a separator. Undefined for what nginx answers with 400: no leading slash, an invalid
 * escape, bytes that are not UTF-8, NUL, and dot segments that lead above the root.
 */
export function normalisePath(rawPath: string): string | undefined {
  if (rawPath.charCodeAt(0) !== SLASH) return undefined
  if (!UNUSUAL.test(rawPath)) return rawPath
  // No client sends a fragment; nginx leaves it out, too.
  const decoded = decode(rawPath.split('#', 1)[0]!)
  if (decoded === undefined || decoded.includes('\0') || decoded.includes('\ufffd')) return undefined
  return resolveDots(decoded)
}

function decode(path: string): string | undefined {
  if (!path.includes('%')) return path
  const bytes = Buffer.from(path, 'utf8')
  let to = 0
  for (let from = 0; from < bytes.length; from++, to++) {
    bytes[to] = bytes[from]!
    if (bytes[from] !== 0x25) continue
    const hex = bytes.toString('latin1', from + 1, from + 3)
    if (!HEX.test(hex)) return undefined
    const byte = Number.parseInt(hex, 16)
    if (byte === SLASH) continue
    bytes[to] = byte
    from += 2
  }
  return bytes.toString('utf8', 0, to)
}

function resolveDots(path: string): string | undefined {
  const kept: string[] = []
  const segments = path.split('/')
  const last = segments.length - 1
  for (let i = 1; i <= last; i++) {
    const segment = segments[i]!
    if (segment === '..') {
      if (kept.pop() === undefined) return undefined
      if (i === last) kept.push('')
    } else if (segment === '.' || segment === '') {
      if (i === last) kept.push('')
    } else kept.push(segment)
  }
  // A ".." pops a name, but never the empty end that only the last segment may leave.
  return `/${kept.join('/')}`
}
