// How `ctx.publish` reaches the sockets of all workers: each has a stream to the master, which sends on what one says to all others.
import { Socket } from 'node:net'
import { createFrameReader, decodeFrame, encodeFrame, type OnPublished } from './publish-frame.ts'

/** Where a worker finds the way to all others. */
export const HUB_FD = 4

/** What may wait for a worker, or for the master: beyond it a worker is too busy to take part, and what is published is lost to it. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024

export interface Hub {
  /** False when it was dropped: the way is full. */
  publish(topic: string, data: string | Uint8Array): boolean
}

/** The worker's end. `on` gets what the others publish. */
export function joinHub(on: OnPublished): Hub {
  const socket = new Socket({ fd: HUB_FD, readable: true, writable: true })
  socket.unref()
  socket.on('error', () => {})
  socket.on(
    'data',
    createFrameReader((frame) => decodeFrame(frame, on)),
  )
  return {
    publish(topic, data) {
      const frame = encodeFrame(topic, data)
      return frame !== undefined && send(socket, frame)
    },
  }
}

/** The master's end of all streams. */
export class PublishRelay {
  readonly #streams = new Set<Socket>()
  readonly #onDropped: () => void

  constructor(onDropped: () => void) {
    this.#onDropped = onDropped
  }

  /** Until it ends. */
  add(stream: Socket): void {
    this.#streams.add(stream)
    stream.on('close', () => this.#streams.delete(stream))
    const read = createFrameReader((frame) => {
      for (const other of this.#streams) if (other !== stream && !send(other, frame)) this.#onDropped()
    })
    stream.on('data', (chunk: Buffer) => {
      try {
        read(chunk)
      } catch {
        // Only a worker whose script has written to the stream itself can say such a thing.
        stream.destroy()
      }
    })
  }
}

function send(socket: Socket, frame: Buffer): boolean {
  if (socket.destroyed || !socket.writable || socket.writableLength > WAITING_BYTES_MAX) return false
  socket.write(frame)
  return true
}
