// What is published on its way between two processes: 4 bytes of length, a byte of kind, 2 bytes of the topic's length, topic, data.

/** A message longer than this is published to the sockets of its own worker only. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024

const HEAD_BYTES = 7
const TEXT = 0
const BINARY = 1

export type OnPublished = (topic: string, data: string | Uint8Array) => void

/** Undefined when it is too long. */
export function encodeFrame(topic: string, data: string | Uint8Array): Buffer | undefined {
  const name = Buffer.from(topic)
  const body = typeof data === 'string' ? Buffer.from(data) : data
  const length = HEAD_BYTES - 4 + name.length + body.length
  if (length > FRAME_BYTES_MAX || name.length > 0xffff) return undefined
  const frame = Buffer.allocUnsafe(4 + length)
  frame.writeUInt32BE(length, 0)
  frame[4] = typeof data === 'string' ? TEXT : BINARY
  frame.writeUInt16BE(name.length, 5)
  name.copy(frame, HEAD_BYTES)
  frame.set(body, HEAD_BYTES + name.length)
  return frame
}

/** Takes the bytes of a stream and gives its whole frames. Throws for one that is too long. */
export function createFrameReader(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= 4) {
      const length = rest.readUInt32BE(0)
      if (length > FRAME_BYTES_MAX) throw new RangeError(`A frame of ${length} bytes`)
      if (rest.length < 4 + length) return
      onFrame(rest.subarray(0, 4 + length))
      rest = rest.subarray(4 + length)
    }
  }
}

export function decodeFrame(frame: Buffer, on: OnPublished): void {
  const end = HEAD_BYTES + frame.readUInt16BE(5)
  const topic = frame.toString('utf8', HEAD_BYTES, end)
  on(topic, frame[4] === TEXT ? frame.toString('utf8', end) : frame.subarray(end))
}
