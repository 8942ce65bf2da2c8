// Frames that are nearly right, behind a handshake that mostly is.
import { endOf, splitAnywhere, type WireInput } from './http-inputs.ts'
import { mutatePieces } from './mutate.ts'
import type { Random } from './random.ts'

const HANDSHAKE = [
  'GET /ws HTTP/1.1',
  '\r\n',
  'Host: a.test',
  '\r\n',
  'Upgrade: websocket',
  '\r\n',
  'Connection: Upgrade',
  '\r\n',
  'Sec-WebSocket-Version: 13',
  '\r\n',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
]
const EXTRAS = [
  'Sec-WebSocket-Extensions: permessage-deflate',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=8, x',
  'Sec-WebSocket-Protocol: a, b',
  'Origin: https://a.test',
  'Content-Length: 3',
]
const WORDS = [
  '\r\n',
  '',
  ' ',
  '\0',
  'Upgrade: h2c',
  'Connection: close',
  'Sec-WebSocket-Version: 8',
  'Sec-WebSocket-Key: x',
  'Host: b',
  ...EXTRAS,
]
const OPCODES = [0, 1, 1, 1, 2, 2, 8, 9, 10, 3, 7, 11, 15]
/** Sound UTF-8, unsound UTF-8, close codes that may and may not be sent, and a deflated text. */
const PAYLOADS = [
  '',
  'a',
  'hello',
  'join',
  'leave',
  'publish',
  'close',
  '\xc3\xa9',
  '\xff\xfe',
  '\xed\xa0\x80',
  '\x03\xe8',
  '\x03\xe8bye',
  '\x03',
  '\x03\xed',
  '\xff\xff',
  '\xf2\x48\xcd\xc9\xc9\x07\x00',
  'x'.repeat(126),
  'y'.repeat(70_000),
]

export function websocketInput(random: Random): WireInput {
  const head = [...HANDSHAKE, ...(random.oneIn(2) ? [random.pick(EXTRAS), '\r\n'] : []), '\r\n']
  if (random.oneIn(12)) mutatePieces(head, WORDS, random)
  const frames = Array.from({ length: random.length(30) }, () => frame(random))
  // What a client sends before it was answered is another case: the server may leave it out.
  const writes = [head.join(''), ...splitAnywhere(frames.join(''), random)]
  return { writes: random.oneIn(12) ? [writes.join('')] : writes, end: endOf(random) }
}

function frame(random: Random): string {
  const payload = random.pick(PAYLOADS)
  const isFinal = !random.oneIn(5)
  const reserved = random.oneIn(8) ? random.below(8) << 4 : 0
  const masked = !random.oneIn(25)
  const mask = masked ? Array.from({ length: 4 }, () => (random.oneIn(2) ? 0 : random.below(256))) : []
  const length = random.oneIn(20) ? random.pick([0, 125, 126, 65_535, 2 ** 31, 2 ** 53]) : payload.length
  const first = (isFinal ? 0x80 : 0) | reserved | random.pick(OPCODES)
  const header = Buffer.from([first, ...lengthBytes(length, masked, random), ...mask]).toString('latin1')
  return header + (masked ? masking(payload, mask) : payload)
}

/** Now and then in more bytes than it needs, which is not allowed. */
function lengthBytes(length: number, masked: boolean, random: Random): number[] {
  const bit = masked ? 0x80 : 0
  const wide = random.oneIn(30)
  if (length < 126 && !wide) return [bit | length]
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(length))
  return length < 65_536 && !wide ? [bit | 126, ...bytes.subarray(6)] : [bit | 127, ...bytes]
}

function masking(payload: string, mask: readonly number[]): string {
  const bytes = Buffer.from(payload, 'latin1')
  return Buffer.from(bytes.map((byte, i) => byte ^ mask[i % 4]!)).toString('latin1')
}
