// What a worker asks its master of a zone, and is answered: JSON behind its length in four bytes. Both are ours and of one build.
import type { Change } from './zone.ts'

export type ZoneRequest = { readonly id: number; readonly zone: string; readonly bytesMax: number } & (
  | { readonly op: 'get' | 'ttl'; readonly key: string }
  /** Nobody else begins before the `end` that names this one. */
  | { readonly op: 'begin'; readonly key: string }
  | { readonly op: 'end'; readonly of: number; readonly key: string; readonly change: Change }
  | { readonly op: 'keys'; readonly max: number }
  | { readonly op: 'clear' }
)

export interface ZoneReply {
  readonly id: number
  /** What `get` and `begin` found. */
  readonly text?: string
  /** null: without end. */
  readonly ttl?: number | null
  readonly keys?: readonly string[]
  /** Of `end`: false when the text is too large; undefined when it came too late and changed nothing. */
  readonly kept?: boolean
}

const LENGTH_BYTES = 4

export function encodeMessage(message: ZoneRequest | ZoneReply): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + body.length)
  frame.writeUInt32LE(body.length)
  body.copy(frame, LENGTH_BYTES)
  return frame
}

/** Gives each whole message of a stream of bytes to `on`. */
export function createMessageReader<Message>(on: (message: Message) => void): (chunk: Buffer) => void {
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let wantedBytes = LENGTH_BYTES
  return (chunk) => {
    waiting.push(chunk)
    waitingBytes += chunk.length
    if (waitingBytes < wantedBytes) return
    let bytes = Buffer.concat(waiting)
    while (bytes.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + bytes.readUInt32LE()
      wantedBytes = end
      if (bytes.length < end) break
      on(JSON.parse(bytes.toString('utf8', LENGTH_BYTES, end)) as Message)
      bytes = bytes.subarray(end)
      wantedBytes = LENGTH_BYTES
    }
    waiting = [bytes]
    waitingBytes = bytes.length
  }
}
