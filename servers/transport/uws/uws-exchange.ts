// One HTTP exchange on uWebSockets.js. The engine ends the process when its response object is used after the end of it, so
// every use is behind `ended`.
import type { HttpResponse } from 'uWebSockets.js'
import { BodyError } from '../body-error.ts'
import type { Exchange, RequestHead, Sent, WireReply } from '../port.ts'
import { type CheckedReply, checkReply, isStream } from '../reply-head.ts'
import { RequestBody } from '../request-body.ts'
import { headerOf } from '../request-head.ts'
import { statusLine } from '../status-line.ts'
import { sendLarge, sendStream } from './send-body.ts'

/** From here on a body is written as the client reads, instead of copied into the engine's buffer at once. */
const LARGE_BODY_BYTES = 128 * 1024

const NOTHING = new Uint8Array(0)
const NOT_ASCII = /[\x80-\xff]/

/** What all exchanges of a server share. */
export interface ServerState {
  draining: boolean
}

export class UwsExchange implements Exchange {
  readonly head: RequestHead
  readonly res: HttpResponse
  /** The engine's response may not be touched any more. */
  ended = false
  private readonly server: ServerState
  private readonly requestBody: RequestBody | undefined
  private replied = false
  private gone = false
  /** The engine has corked the response while its handler runs. */
  private corked = true
  private controller: AbortController | undefined
  private goneListener: (() => void) | undefined

  constructor(server: ServerState, res: HttpResponse, head: RequestHead, bodyBytes: number | undefined) {
    this.server = server
    this.res = res
    this.head = head
    this.requestBody = bodyBytes === undefined ? undefined : new RequestBody(new ResponseSource(this), bodyBytes)
  }

  get aborted(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController()
      if (this.gone) this.controller.abort()
    }
    return this.controller.signal
  }

  body(bytesMax: number): Promise<Uint8Array> {
    if (this.requestBody !== undefined) return this.requestBody.read(bytesMax)
    if (this.gone) return Promise.reject(new BodyError('gone', 'The client has gone'))
    return Promise.resolve(NOTHING)
  }

  reply(reply: WireReply): Promise<Sent> {
    const checked = checkReply(reply, this.head.method)
    if (this.replied) return Promise.resolve({ bytes: 0, aborted: this.gone })
    this.replied = true
    const { requestBody } = this
    if (requestBody !== undefined && !requestBody.complete) {
      const waits = headerOf(this.head, 'expect') !== undefined
      if (requestBody.tooLarge && !waits && !this.gone) {
        return requestBody.discarded().then(() => this.send(checked, reply.body, true))
      }
      requestBody.ignore()
    }
    return this.send(checked, reply.body, requestBody?.tooLarge === true)
  }

  destroy(): void {
    this.replied = true
    if (this.ended) return
    this.ended = true
    this.res.close()
  }

  /** The handler has returned: from here on the engine wants to know whom to tell about an abort, and where the body goes. */
  handlerReturned(): void {
    this.corked = false
    if (this.ended) return
    this.res.onAborted(() => this.abort())
    const { requestBody } = this
    if (requestBody === undefined) return
    this.res.onData((chunk, last) => {
      requestBody.push(requestBody.ignored ? NOTHING : new Uint8Array(chunk.slice(0)), last)
    })
  }

  /** For a handshake that is accepted: the response belongs to the caller. False when it was answered or the client has gone. */
  take(): boolean {
    if (this.replied || this.ended) return false
    this.replied = true
    this.ended = true
    return true
  }

  /** Told once when the client goes before the end. */
  onGone(listener: () => void): void {
    this.goneListener = listener
  }

  /** Runs writes as one packet. */
  cork(write: () => void): void {
    if (this.corked) write()
    else this.res.cork(write)
  }

  private abort(): void {
    this.ended = true
    this.gone = true
    this.requestBody?.abort()
    this.controller?.abort()
    this.goneListener?.()
  }

  private send(checked: CheckedReply, body: WireReply['body'], cut: boolean): Promise<Sent> {
    if (this.ended) {
      if (isStream(body)) body.cancel().catch(() => {})
      return Promise.resolve({ bytes: 0, aborted: true })
    }
    const close = cut || checked.close || this.server.draining
    if (isStream(body)) {
      if (!checked.bodyless) return sendStream(this, checked, close, body)
      body.cancel().catch(() => {})
      body = undefined
    }
    const bytes = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length
    if (bytes >= LARGE_BODY_BYTES && !close && !checked.bodyless) {
      return sendLarge(this, checked, typeof body === 'string' ? Buffer.from(body) : (body as Uint8Array))
    }
    this.ended = true
    this.cork(() => {
      this.writeHead(checked)
      if (!checked.bodyless) this.res.end(body ?? '', close)
      else if (this.head.method === 'HEAD' && checked.status !== 204 && checked.status !== 304) {
        this.res.endWithoutBody(body === undefined ? (checked.contentLength ?? 0) : bytes, close)
      } else {
        // Without a length there is no way to tell the engine to close: an explicit undefined is sent as 2^63. The client does.
        if (close) this.res.writeHeader('Connection', 'close')
        this.res.endWithoutBody()
      }
    })
    return Promise.resolve({ bytes: checked.bodyless ? 0 : bytes, aborted: false })
  }

  writeHead({ status, headers }: CheckedReply): void {
    const { res } = this
    res.writeStatus(statusLine(status))
    for (const [name, value] of headers) {
      res.writeHeader(name, NOT_ASCII.test(value) ? Buffer.from(value, 'latin1') : value)
    }
  }
}

class ResponseSource {
  private readonly exchange: UwsExchange
  constructor(exchange: UwsExchange) {
    this.exchange = exchange
  }
  pause(): void {
    if (!this.exchange.ended) this.exchange.res.pause()
  }
  resume(): void {
    if (!this.exchange.ended) this.exchange.res.resume()
  }
}
