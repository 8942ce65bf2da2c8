// WebSocket frames as bytes (RFC 6455 section 5.2): masked from the client, plain from the server.

const TEXT = 0x81
const BINARY = 0x82
const MASK = [0x37, 0xfa, 0x21, 0x3d] as const

export function payload(bytes: number): Buffer {
  return Buffer.alloc(bytes, 'abcdefghijklmnopqrstuvwxyz')
}

export function clientFrame(data: Buffer, binary = false): Buffer {
  const masked = Buffer.from(data)
  for (let i = 0; i < masked.length; i++) masked[i] = masked[i]! ^ MASK[i % 4]!
  return Buffer.concat([head(data.length, binary, 0x80), Buffer.from(MASK), masked])
}

export function serverFrame(data: Buffer, binary = false): Buffer {
  return Buffer.concat([head(data.length, binary, 0), data])
}

function head(length: number, binary: boolean, masked: number): Buffer {
  const first = binary ? BINARY : TEXT
  return Buffer.from(length < 126 ? [first, masked | length] : [first, masked | 126, length >> 8, length & 0xff])
}
