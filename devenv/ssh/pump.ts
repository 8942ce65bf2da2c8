// Moves a command's output to a client, no faster than the client takes it.
import type { Readable, Writable } from 'node:stream'
import { UNSENT_BYTES_PAUSE } from './limits.ts'

/** The TCP connection underneath. ssh2 heeds a client's window, but not what waits in the socket: a window may be 4 GiB. */
export interface Wire {
  readonly writableLength: number
  once(event: 'drain', listener: () => void): unknown
}

/**
 * Resolves when `source` has ended and the sink has taken everything. After `gone` aborts, the rest of the source is read
 * and thrown away, so that the command never waits for somebody who has left.
 */
export async function pump(
  source: Readable,
  sink: Writable,
  options: { wire: Wire; gone: AbortSignal; onMoved(): void },
): Promise<void> {
  const { wire, gone, onMoved } = options
  for await (const chunk of source as AsyncIterable<Buffer>) {
    if (gone.aborted) continue
    onMoved()
    await unless(gone, (done) => sink.write(chunk, () => done()))
    if (wire.writableLength > UNSENT_BYTES_PAUSE) await unless(gone, (done) => wire.once('drain', done))
  }
}

/** Waits for `act` to be done, or for the client to be gone: ssh2 never answers a write to a closed channel. */
function unless(gone: AbortSignal, act: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    if (gone.aborted) return resolve()
    const done = () => {
      gone.removeEventListener('abort', done)
      resolve()
    }
    gone.addEventListener('abort', done)
    act(done)
  })
}
