// A client's address as people write it, the same from both engines.

/** A client on a Unix socket has none; nginx's word for it. */
const UNIX = 'unix:'

/** From 4 or 16 bytes in network order; an IPv4 address inside IPv6 (`::ffff:`) is shown as IPv4. */
export function addressOfBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`
  if (bytes.length !== 16) return bytes.length === 0 ? UNIX : ''
  if (isMapped(bytes)) return `${bytes[12]}.${bytes[13]}.${bytes[14]}.${bytes[15]}`
  const groups: string[] = []
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i]! << 8) | bytes[i + 1]!).toString(16))
  return compress(groups)
}

/** From what node:net says. */
export function addressOfText(text: string | undefined): string {
  if (text === undefined) return UNIX
  return text.startsWith('::ffff:') && text.includes('.') ? text.slice(7) : text
}

function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false
  return bytes[10] === 0xff && bytes[11] === 0xff
}

/** The longest run of two or more zero groups becomes `::` (RFC 5952). */
function compress(groups: readonly string[]): string {
  let start = -1
  let length = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === '0') end++
    if (end - i > length) {
      start = i
      length = end - i
    }
  }
  if (start === -1) return groups.join(':')
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`
}
