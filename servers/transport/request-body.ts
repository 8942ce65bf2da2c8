// The body of one request between an engine that delivers and a script that may ask later, or never.
import { BodyError } from './body-error.ts'

/** What is kept of a body that nobody has asked for yet; then the client has to wait. */
const UNASKED_BYTES_MAX = 64 * 1024
/** A body that was refused is read on for a while before the connection is closed: closing at once would reset it, and many clients would never see the reply. */
const DISCARD_BYTES_MAX = 16 * 1024 * 1024
/** Such a client is sending nothing, it waits for the reply. */
const DISCARD_QUIET_MS = 200
const DISCARD_MS_MAX = 2000

/** How an engine is told to stop and go on reading. */
export interface BodySource {
  pause(): void
  resume(): void
}

const EMPTY = new Uint8Array(0)

export class RequestBody {
  private readonly source: BodySource
  /** -1: not known. */
  private readonly declaredBytes: number
  private chunks: Uint8Array[] = []
  private bytes = 0
  private bytesMax = UNASKED_BYTES_MAX
  private state: 'unasked' | 'asked' | 'discarding' = 'unasked'
  private paused = false
  private gone = false
  private resolve: ((body: Uint8Array) => void) | undefined
  private reject: ((error: BodyError) => void) | undefined
  private onMore: (() => void) | undefined

  /** True when the last byte has come. */
  complete = false
  /** True when `read` refused it: the connection has to end with the reply. */
  tooLarge = false

  constructor(source: BodySource, declaredBytes: number) {
    this.source = source
    this.declaredBytes = declaredBytes
  }

  /** From the engine. The chunk must be a copy. */
  push(chunk: Uint8Array, last: boolean): void {
    if (last) this.complete = true
    this.bytes += chunk.length
    if (this.state === 'discarding') {
      this.onMore?.()
      return
    }
    if (chunk.length > 0) this.chunks.push(chunk)
    if (this.state === 'asked') {
      if (this.bytesMax > 0 && this.bytes > this.bytesMax) this.refuse()
      else if (last) this.settle()
    } else if (this.bytes > UNASKED_BYTES_MAX && !last) {
      this.paused = true
      this.source.pause()
    }
  }

  /** True when what arrives need not be copied. */
  get ignored(): boolean {
    return this.state === 'discarding'
  }

  /** From the engine: the client has gone. */
  abort(): void {
    this.gone = true
    this.chunks = []
    this.reject?.(new BodyError('gone', 'The client has gone before its body was complete'))
    this.onMore?.()
  }

  /** See `Exchange.body`. */
  read(bytesMax: number): Promise<Uint8Array> {
    if (this.gone) return Promise.reject(new BodyError('gone', 'The client has gone before its body was complete'))
    if (this.state !== 'unasked') return Promise.reject(new TypeError('The body was read already'))
    this.state = 'asked'
    this.bytesMax = bytesMax
    return new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
      if (bytesMax > 0 && (this.declaredBytes > bytesMax || this.bytes > bytesMax)) this.refuse()
      else if (this.complete) this.settle()
      else this.goOn()
    })
  }

  /** Nobody will ask any more: what still comes is dropped. */
  ignore(): void {
    if (this.state === 'unasked') this.state = 'discarding'
    if (this.state === 'discarding') this.chunks = []
    this.goOn()
  }

  /** Resolves when the client has sent all of it, waits for the reply, or has sent too much. */
  discarded(): Promise<void> {
    this.ignore()
    if (this.complete || this.gone) return Promise.resolve()
    return new Promise((resolve) => {
      const bytesMax = this.bytes + DISCARD_BYTES_MAX
      const done = () => {
        clearTimeout(quiet)
        clearTimeout(deadline)
        this.onMore = undefined
        resolve()
      }
      const quiet = setTimeout(done, DISCARD_QUIET_MS)
      const deadline = setTimeout(done, DISCARD_MS_MAX)
      this.onMore = () => {
        if (this.complete || this.gone || this.bytes > bytesMax) done()
        else quiet.refresh()
      }
    })
  }

  private refuse(): void {
    this.tooLarge = true
    this.state = 'discarding'
    this.chunks = []
    this.reject?.(new BodyError('too-large', `The body is longer than ${this.bytesMax} bytes`))
    this.reject = undefined
    this.goOn()
  }

  private settle(): void {
    const { chunks } = this
    this.chunks = []
    this.reject = undefined
    this.resolve?.(
      chunks.length === 0 ? EMPTY : chunks.length === 1 ? chunks[0]! : new Uint8Array(Buffer.concat(chunks)),
    )
  }

  private goOn(): void {
    if (!this.paused) return
    this.paused = false
    if (!this.gone) this.source.resume()
  }
}
