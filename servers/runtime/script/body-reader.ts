// A request's body for everybody who asks: read once from the network, whole or piece by piece, and kept when it was read whole, so
// that a script after an internal redirect can still read it.
import type { Asked } from '../asked.ts'

export class BodyReader {
  readonly #asked: Asked
  readonly #bytesMax: number
  #whole: Promise<Uint8Array> | undefined
  #stream: ReadableStream<Uint8Array> | undefined
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  /** Somebody has taken pieces from the network. */
  #taken = false

  constructor(asked: Asked, bytesMax: number) {
    this.#asked = asked
    this.#bytesMax = bytesMax
  }

  /** Rejects with a BodyError, or a TypeError when pieces of it were taken. */
  whole(): Promise<Uint8Array> {
    if (this.#whole !== undefined) return this.#whole
    if (this.#taken) return Promise.reject(new TypeError('The body was read as a stream already'))
    this.#whole = this.#asked.body(this.#bytesMax)
    return this.#whole
  }

  /** The same one each time. The network is asked with the first read, so looking at it costs nothing. */
  stream(): ReadableStream<Uint8Array> {
    if (this.#stream !== undefined) return this.#stream
    const source = () => this.#source()
    this.#stream = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await source().read()
          if (done) controller.close()
          else controller.enqueue(value)
        },
        cancel: (reason) => source().cancel(reason),
      },
      { highWaterMark: 0 },
    )
    return this.#stream
  }

  /** A reply is sent that may be made of it: from then on nobody could ask the network any more. */
  begin(): void {
    if (this.#stream !== undefined) this.#source()
  }

  #source(): ReadableStreamDefaultReader<Uint8Array> {
    this.#reader ??= this.#pieces().getReader()
    return this.#reader
  }

  #pieces(): ReadableStream<Uint8Array> {
    const whole = this.#whole
    if (whole === undefined) {
      this.#taken = true
      return this.#asked.stream(this.#bytesMax)
    }
    return new ReadableStream({
      async start(controller) {
        const bytes = await whole
        if (bytes.length > 0) controller.enqueue(bytes)
        controller.close()
      },
    })
  }
}
