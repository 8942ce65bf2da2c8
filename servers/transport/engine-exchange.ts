// What an exchange is on either engine: one reply, checked first; a body that may be asked for; an end that is told once.
import { BodyError } from './body-error.ts'
import type { Exchange, RequestHead, Sent, Timeouts, WireReply } from './port.ts'
import { type CheckedReply, checkReply } from './reply-head.ts'
import type { RequestBody } from './request-body.ts'
import { headerOf } from './request-head.ts'

const NOTHING = new Uint8Array(0)

/** What all exchanges of a server share. */
export interface ServerState {
  /** Every reply is the last of its connection. */
  readonly closing: boolean
  readonly timeouts: Timeouts
}

export abstract class EngineExchange implements Exchange {
  readonly head: RequestHead
  protected readonly server: ServerState
  protected requestBody: RequestBody | undefined
  protected replied = false
  protected gone = false
  /** What follows this request on its connection cannot be trusted. */
  closesAfterBody = false
  private controller: AbortController | undefined
  private goneListener: (() => void) | undefined

  constructor(server: ServerState, head: RequestHead) {
    this.server = server
    this.head = head
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

  stream(bytesMax: number): ReadableStream<Uint8Array> {
    if (this.requestBody !== undefined) return this.requestBody.stream(bytesMax)
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        if (this.gone) controller.error(new BodyError('gone', 'The client has gone'))
        else controller.close()
      },
    })
  }

  reply(reply: WireReply): Sent | Promise<Sent> {
    const checked = checkReply(reply, this.head.method)
    checkBody(reply.body)
    if (this.replied) return { bytes: 0, aborted: this.gone }
    this.replied = true
    const { requestBody } = this
    if (requestBody === undefined) return this.sendUnlessGone(checked, reply.body, false)
    if (requestBody.complete)
      return this.sendUnlessGone(checked, reply.body, requestBody.refused || this.closesAfterBody)
    return this.replyBeforeBody(requestBody, checked, reply.body)
  }

  /** How long a client may leave unread what is sent to it. */
  get sendMs(): number {
    return this.server.timeouts.sendMs
  }

  interrupted(): void {
    // Nothing is left undone, but in an engine that says otherwise.
  }

  destroy(): void {
    this.replied = true
    this.cut()
  }

  /** Whoever is writing a long body is told once when the client goes before its end. */
  onGone(listener: () => void): void {
    this.goneListener = listener
  }

  /** From the engine, or from whoever cuts the connection. */
  protected clientGone(): void {
    if (this.gone) return
    this.gone = true
    this.requestBody?.abort()
    this.controller?.abort()
    this.goneListener?.()
  }

  /** The client is still sending. */
  private async replyBeforeBody(
    requestBody: RequestBody,
    checked: CheckedReply,
    body: WireReply['body'],
  ): Promise<Sent> {
    requestBody.ignore()
    const close = requestBody.refused || this.closesAfterBody
    // A client that waits for "100 Continue" has sent nothing yet that would have to be read away.
    const waits = headerOf(this.head, 'expect') !== undefined
    if (close && requestBody.ignored && !waits && !this.gone) await requestBody.discarded()
    try {
      return await this.sendUnlessGone(checked, body, close)
    } finally {
      requestBody.replied()
    }
  }

  private sendUnlessGone(checked: CheckedReply, body: WireReply['body'], cut: boolean): Sent | Promise<Sent> {
    const unread = checked.bodyless && isStream(body)
    if ((unread || this.gone) && isStream(body)) body.cancel().catch(() => {})
    if (this.gone) return { bytes: 0, aborted: true }
    return this.send(checked, body, cut || checked.close || this.server.closing)
  }

  /** Writes the reply. Only called while the client is there. */
  protected abstract send(checked: CheckedReply, body: WireReply['body'], close: boolean): Sent | Promise<Sent>
  /** Cuts the connection, if the reply is not complete, as if the client had gone. */
  protected abstract cut(): void
}

function checkBody(body: WireReply['body']): void {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return
  if (body === null || typeof body !== 'object' || !(ArrayBuffer.isView(body) || 'getReader' in body)) {
    throw new TypeError(`Cannot send a body that is ${body === null ? 'null' : `of type ${typeof body}`}`)
  }
  if (isStream(body) && body.locked) throw new TypeError('Cannot send a stream that somebody else reads')
}

/** True for a body that is to be read piece by piece. Not `instanceof`: scripts may live in another realm. */
export function isStream(body: WireReply['body']): body is ReadableStream<Uint8Array> {
  return typeof body === 'object' && !ArrayBuffer.isView(body)
}

/** A text that was sent at once; its bytes are counted when somebody asks. */
export class SentText implements Sent {
  readonly aborted = false
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  get bytes(): number {
    return Buffer.byteLength(this.text)
  }
}

/** What a reply to HEAD says about the body it does not have; undefined when it says nothing. */
export function headLength({ status, contentLength }: CheckedReply, body: WireReply['body']): number | undefined {
  if (status === 204 || status === 304) return undefined
  if (isStream(body)) return contentLength
  return body === undefined ? (contentLength ?? 0) : bodyLength(body)
}

/** Bytes of a body that is not a stream. */
export function bodyLength(body: string | Uint8Array | undefined | ReadableStream<Uint8Array>): number {
  if (body === undefined || isStream(body)) return 0
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length
}
