// Addresses and networks in CIDR notation, compared bit by bit.

/** 4 or 16 bytes in network order; undefined for what is no address. An IPv4 address inside IPv6 (`::ffff:`) is the IPv4 address. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (!text.includes(':')) return parseV4(text)
  const bytes = parseV6(text)
  const isMapped = bytes?.subarray(0, 12).every((byte, i) => byte === (i < 10 ? 0 : 0xff))
  return isMapped ? bytes!.slice(12) : bytes
}

/** True for addresses of the network. `source`: `all`, an address, `10.0.0.0/8`, or `unix:` for clients on a Unix socket. Throws a TypeError. */
export function parseNetwork(source: string): (ip: string) => boolean {
  if (source === 'all') return () => true
  if (source === 'unix:') return (ip) => ip === 'unix:'
  const [address, length] = source.split('/') as [string, string?]
  const network = parseAddress(address)
  const bits = network === undefined ? 0 : length === undefined ? network.length * 8 : Number(length)
  if (network === undefined || !Number.isInteger(bits) || bits < 0 || bits > network.length * 8) {
    throw new TypeError(`"${source}" is neither an address nor a network`)
  }
  return (ip) => {
    const bytes = parseAddress(ip)
    return bytes !== undefined && bytes.length === network.length && haveSameStart(bytes, network, bits)
  }
}

function haveSameStart(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  const whole = bits >> 3
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false
  const rest = bits & 7
  return rest === 0 || (a[whole]! ^ b[whole]!) >> (8 - rest) === 0
}

function parseV4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined
  return Uint8Array.from(parts, Number)
}

function parseV6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(groupsOf) as [number[] | undefined, (number[] | undefined)?]
  if (head === undefined) return undefined
  if (halves.length === 1) return head.length === 16 ? Uint8Array.from(head) : undefined
  if (tail === undefined || head.length + tail.length > 14) return undefined
  return Uint8Array.from([...head, ...new Array<number>(16 - head.length - tail.length).fill(0), ...tail])
}

/** The bytes of groups between colons; the last may be an IPv4 address. */
function groupsOf(text: string): number[] | undefined {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [i, group] of groups.entries()) {
    if (i === groups.length - 1 && group.includes('.')) {
      const v4 = parseV4(group)
      if (v4 === undefined) return undefined
      bytes.push(...v4)
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined
      const value = Number.parseInt(group, 16)
      bytes.push(value >> 8, value & 0xff)
    }
  }
  return bytes
}
