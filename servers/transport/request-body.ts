// The body of one request between an engine that delivers and a script that may ask later, or never.
import { BodyError, type BodyFailure } from './body-error.ts'

/** What is kept of a body that nobody has asked for yet, or that nobody reads; then the client has to wait. */
const UNREAD_BYTES_MAX = 64 * 1024
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

/** Who asked for it. */
interface Taker {
  take(chunk: Uint8Array): void
  end(): void
  fail(error: BodyError): void
}

const EMPTY = new Uint8Array(0)
const GONE = 'The client has gone before its body was complete'

export class RequestBody {
  private readonly source: BodySource
  /** -1: not known. */
  private readonly declaredBytes: number
  /** Between two reads of a body that somebody waits for. */
  private readonly timeoutMs: number
  private early: Uint8Array[] = []
  private bytes = 0
  private bytesMax = 0
  private asked = false
  private taker: Taker | undefined
  private discarding = false
  private paused = false
  private gone = false
  private deadline: NodeJS.Timeout | undefined
  private onMore: (() => void) | undefined

  /** True when the last byte has come. */
  complete = false
  /** True when it was too large or too slow: the connection has to end with the reply. */
  refused = false

  constructor(source: BodySource, declaredBytes: number, timeoutMs: number) {
    this.source = source
    this.declaredBytes = declaredBytes
    this.timeoutMs = timeoutMs
  }

  /** From the engine. The chunk must be a copy. */
  push(chunk: Uint8Array, last: boolean): void {
    if (last) this.complete = true
    this.bytes += chunk.length
    if (this.discarding) this.onMore?.()
    else if (this.taker !== undefined) this.hand(this.taker, chunk)
    else {
      if (chunk.length > 0) this.early.push(chunk)
      if (this.bytes > UNREAD_BYTES_MAX && !last) this.pause()
    }
  }

  /** True when what arrives need not be copied. */
  get ignored(): boolean {
    return this.discarding
  }

  /** From the engine: the client has gone. */
  abort(): void {
    this.gone = true
    this.give('gone', GONE)
  }

  /** See `Exchange.body`. */
  read(bytesMax: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const chunks: Uint8Array[] = []
      this.ask(bytesMax, {
        take: (chunk) => chunks.push(chunk),
        end: () => resolve(joined(chunks)),
        fail: reject,
      })
      this.goOn()
    })
  }

  /** See `Exchange.stream`. */
  stream(bytesMax: number): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) =>
          this.ask(bytesMax, {
            take: (chunk) => {
              controller.enqueue(chunk)
              if ((controller.desiredSize ?? 0) <= 0 && !this.complete) this.pause()
            },
            end: () => controller.close(),
            fail: (error) => controller.error(error),
          }),
        pull: () => this.goOn(),
        cancel: () => this.discard(),
      },
      { highWaterMark: UNREAD_BYTES_MAX, size: (chunk) => chunk.length },
    )
  }

  /** The reply is complete: whoever still waits for the body does so in vain, and what still comes is dropped. */
  replied(): void {
    if (!this.complete) this.give('gone', 'The reply was sent before the body was complete')
  }

  /** Nobody will ask any more. */
  ignore(): void {
    if (!this.asked) this.discard()
  }

  /** Resolves when the client has sent all of it, waits for the reply, or has sent too much. */
  discarded(): Promise<void> {
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

  private ask(bytesMax: number, taker: Taker): void {
    if (this.asked) throw new TypeError('The body was read already')
    this.asked = true
    if (this.gone || this.discarding) {
      taker.fail(new BodyError('gone', GONE))
      return
    }
    this.taker = taker
    this.bytesMax = bytesMax || Number.POSITIVE_INFINITY
    const { early } = this
    this.early = []
    if (this.declaredBytes > this.bytesMax || this.bytes > this.bytesMax) {
      this.refuse('too-large', `The body is longer than ${bytesMax} bytes`)
      return
    }
    for (const chunk of early) taker.take(chunk)
    if (this.complete) this.end(taker)
    else if (!this.paused) this.expectMore()
  }

  private hand(taker: Taker, chunk: Uint8Array): void {
    if (this.bytes > this.bytesMax) {
      this.refuse('too-large', `The body is longer than ${this.bytesMax} bytes`)
      return
    }
    if (chunk.length > 0) taker.take(chunk)
    if (this.complete) this.end(taker)
    else if (!this.paused) this.expectMore()
  }

  private end(taker: Taker): void {
    clearTimeout(this.deadline)
    this.taker = undefined
    taker.end()
  }

  private refuse(reason: BodyFailure, message: string): void {
    this.refused = true
    this.give(reason, message)
  }

  private give(reason: BodyFailure, message: string): void {
    const { taker } = this
    this.discard()
    taker?.fail(new BodyError(reason, message))
  }

  private discard(): void {
    clearTimeout(this.deadline)
    this.taker = undefined
    this.discarding = true
    this.early = []
    this.onMore?.()
    this.goOn()
  }

  private expectMore(): void {
    if (this.deadline === undefined) {
      this.deadline = setTimeout(
        () => this.refuse('too-slow', `No byte of the body came for ${this.timeoutMs} ms`),
        this.timeoutMs,
      )
    } else this.deadline.refresh()
  }

  private pause(): void {
    if (this.paused) return
    this.paused = true
    clearTimeout(this.deadline)
    this.deadline = undefined
    this.source.pause()
  }

  private goOn(): void {
    if (!this.paused) return
    this.paused = false
    if (this.gone) return
    if (this.taker !== undefined) this.expectMore()
    this.source.resume()
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 0) return EMPTY
  return chunks.length === 1 ? chunks[0]! : new Uint8Array(Buffer.concat(chunks))
}
