// A connection that is no network but behaves like one: what one end writes the other sees a turn of the event loop later, in pieces, and
// only so much waits for one who does not read.
import { Duplex } from 'node:stream'

/** What is handed over at a time. */
const PIECE_BYTES = 64 * 1024
/** What waits for the reader before the writer has to wait. */
const HELD_BYTES_MAX = 256 * 1024

/** With what node:http and `ws` want of a connection beside a Duplex. */
class PipeEnd extends Duplex {
  readonly remoteAddress = '127.0.0.1'
  bytesRead = 0
  bytesWritten = 0
  private other: PipeEnd | undefined
  private held: Uint8Array[] = []
  private heldBytes = 0
  private heldEnd = false
  private delivering = false
  private wanted = false
  /** Of the other end, which waits for room. */
  private whenRoom: (() => void) | undefined

  join(other: PipeEnd): void {
    this.other = other
  }

  override _read(): void {
    this.wanted = true
    this.deliverSoon()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, written: () => void): void {
    const { other } = this
    // Nobody reads it any more: this end is about to be cut, too.
    if (other === undefined || other.destroyed) return
    this.bytesWritten += chunk.length
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      other.held.push(Buffer.from(chunk.subarray(from, from + PIECE_BYTES)))
    }
    other.heldBytes += chunk.length
    other.deliverSoon()
    if (other.heldBytes <= HELD_BYTES_MAX) written()
    else other.whenRoom = written
  }

  override _final(ended: () => void): void {
    this.other?.endSoon()
    ended()
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    this.held = []
    this.tellRoom()
    destroyed(error)
    const { other } = this
    if (other !== undefined && !other.destroyed) setImmediate(() => other.cut())
  }

  /** As net.Socket's: when what was written has left. */
  destroySoon(): void {
    if (this.writableFinished) this.destroy()
    else {
      this.once('finish', () => this.destroy())
      this.end()
    }
  }

  // There is nothing to be timed or switched.
  setTimeout(): this {
    return this
  }
  setNoDelay(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }

  private endSoon(): void {
    this.heldEnd = true
    this.deliverSoon()
  }

  private deliverSoon(): void {
    if (this.delivering || !this.wanted || (this.held.length === 0 && !this.heldEnd)) return
    this.delivering = true
    setImmediate(() => this.deliver())
  }

  private deliver(): void {
    this.delivering = false
    if (this.destroyed) return
    const piece = this.held.shift()
    if (piece === undefined) {
      this.heldEnd = false
      this.push(null)
      return
    }
    this.heldBytes -= piece.length
    this.bytesRead += piece.length
    this.wanted = this.push(piece)
    if (this.heldBytes <= HELD_BYTES_MAX) this.tellRoom()
    this.deliverSoon()
  }

  private tellRoom(): void {
    const { whenRoom } = this
    this.whenRoom = undefined
    whenRoom?.()
  }

  /** The other end is gone: what it had sent is still read. */
  private cut(): void {
    if (this.destroyed) return
    if (this.held.length > 0) setImmediate(() => this.cut())
    else if (this.readableEnded || this.heldEnd) this.destroySoon()
    else {
      this.push(null)
      setImmediate(() => this.destroy())
    }
  }
}

/** Two ends of one connection. */
export function createPipe(): [client: Duplex, server: Duplex] {
  const [client, server] = [new PipeEnd(), new PipeEnd()]
  client.join(server)
  server.join(client)
  return [client, server]
}
