// The way to the collector: a Unix stream socket that comes and goes, and a bounded ring in front of it.
import net from 'node:net'

/** Characters of frames that wait while the collector is away or slow; what does not fit is dropped and counted. */
const RING_LENGTH_MAX = 4 * 1024 * 1024

/** What has waited is written in such pieces: what is written twice when the collector dies in the middle is not more. */
const WRITE_LENGTH = 64 * 1024

/** The first try comes soon, because a restart of the collector is short; the last ones not too rarely, because people wait for records. */
const RETRY_FIRST_MS = 50
const RETRY_MAX_MS = 5000

/** One or more whole frames, one behind the other. */
export interface Frames {
  readonly text: string
  readonly count: number
}

export interface SyslogClientOptions {
  /** The collector's socket. It is looked up anew for each connection: a restarted collector has made a new one. */
  readonly path: string
  /** Makes the record that tells of dropped ones, as soon as there is room for it again. */
  renderDropped(count: number): string
  /** Makes the frame that says how many records there were; undefined when it has been said. */
  renderCount(): string | undefined
}

/**
 * Connects with the first frame. The socket does not keep the process alive.
 * A frame was delivered when the kernel has it for the collector. One that is killed takes along what it had not stored yet: so that this
 * is seen also when nothing follows, the next collector is told how many there were.
 */
export class SyslogClient {
  readonly #options: SyslogClientOptions
  #ring: string[] = []
  /** Of the ring and of what is being written. */
  #length = 0
  #dropped = 0
  #socket: net.Socket | undefined
  #connected = false
  #writing: string | undefined
  /** What is written lies here, always: memory for each would cost more than to fill it. */
  #bytes = Buffer.alloc(0)
  /** A collector went away that had been given something. */
  #mayMiss = false
  #retryTimer: NodeJS.Timeout | undefined
  #retryMs = RETRY_FIRST_MS
  #flushing: (() => void) | undefined
  #closed = false

  constructor(options: SyslogClientOptions) {
    this.#options = options
  }

  /** Never blocks, never throws, keeps the order. */
  send({ text, count }: Frames): void {
    if (this.#closed) return
    if (this.#dropped > 0 || this.#length + text.length > RING_LENGTH_MAX) {
      if (!this.#hasRoomAgain(text)) {
        this.#dropped += count
        return
      }
      this.#tellDropped()
    }
    this.#push(text)
    this.#writeBatch()
  }

  /**
   * Says how many there were; resolves when the collector has everything. Waits for ever for one that is away: give it a deadline,
   * then `destroy`.
   */
  end(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#dropped > 0) this.#tellDropped()
      this.#pushCount()
      this.#flushing = resolve
      this.#socket?.ref()
      this.#retryTimer?.ref()
      this.#writeBatch()
    })
  }

  /** Lets go of the socket, and of whatever still waits. */
  destroy(): void {
    this.#closed = true
    clearTimeout(this.#retryTimer)
    // `end` before `destroy`: what the kernel has already is delivered, the connection is not reset.
    this.#socket?.end()
    this.#socket?.destroySoon()
    this.#ring = []
    this.#flushing?.()
  }

  /** After a drop the ring has to become half empty first, so that a flood makes few reports and not one for each gap. */
  #hasRoomAgain(text: string): boolean {
    return this.#dropped > 0 && this.#length + text.length <= RING_LENGTH_MAX / 2
  }

  #tellDropped(): void {
    const count = this.#dropped
    this.#dropped = 0
    this.#push(this.#options.renderDropped(count))
  }

  #pushCount(): void {
    const frame = this.#options.renderCount()
    if (frame !== undefined) this.#push(frame)
  }

  #push(text: string): void {
    this.#ring.push(text)
    this.#length += text.length
  }

  #writeBatch(): void {
    if (this.#writing !== undefined || this.#closed) return
    if (this.#ring.length === 0 && this.#dropped > 0) this.#tellDropped()
    if (this.#ring.length === 0) this.#flushing?.()
    else if (this.#connected) this.#write(this.#takeBatch())
    else this.#connect()
  }

  #write(batch: string): void {
    this.#writing = batch
    this.#mayMiss = true
    // A failed write is answered by the socket's `close`, which puts the batch back.
    this.#socket?.write(this.#encode(batch), (error) => {
      if (error || this.#writing !== batch) return
      this.#writing = undefined
      this.#length -= batch.length
      this.#writeBatch()
    })
  }

  #takeBatch(): string {
    let batch = this.#ring[0]!
    let count = 1
    while (count < this.#ring.length && batch.length < WRITE_LENGTH) batch += this.#ring[count++]!
    this.#ring.splice(0, count)
    return batch
  }

  /** In memory that is used again with the next write, which waits for this one. */
  #encode(text: string): Buffer {
    const length = Buffer.byteLength(text)
    if (this.#bytes.length < length) this.#bytes = Buffer.allocUnsafeSlow(length)
    return this.#bytes.subarray(0, this.#bytes.write(text))
  }

  #connect(): void {
    if (this.#socket !== undefined || this.#retryTimer !== undefined) return
    const socket = net.connect({ path: this.#options.path })
    this.#socket = socket
    if (this.#flushing === undefined) socket.unref()
    socket.on('connect', () => {
      this.#connected = true
      this.#retryMs = RETRY_FIRST_MS
      // The numbers of what waits say it as well.
      if (this.#mayMiss && this.#ring.length === 0 && this.#dropped === 0) this.#pushCount()
      this.#mayMiss = false
      this.#writeBatch()
    })
    // The collector never answers; reading is how its end is noticed.
    socket.resume()
    // Why it failed does not matter: `close` follows, and the remedy is the same.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#onClose())
  }

  #onClose(): void {
    this.#socket = undefined
    this.#connected = false
    if (this.#writing !== undefined) this.#ring.unshift(this.#writing)
    this.#writing = undefined
    if (this.#closed) return
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined
      if (this.#mayMiss) this.#connect()
      else this.#writeBatch()
    }, this.#retryMs)
    if (this.#flushing === undefined) this.#retryTimer.unref()
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS)
  }
}
