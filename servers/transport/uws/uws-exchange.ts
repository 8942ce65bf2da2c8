// One HTTP exchange on uWebSockets.js. The engine ends the process when its response object is used after the end of it, so
// every use is behind `ended`.
import type { HttpResponse } from 'uWebSockets.js'
import { bodyLength, EngineExchange, headLength, isStream, SentText, type ServerState } from '../engine-exchange.ts'
import type { RequestHead, Sent, WireReply } from '../port.ts'
import type { CheckedReply } from '../reply-head.ts'
import { RequestBody } from '../request-body.ts'
import { headerOf } from '../request-head.ts'
import { statusLine } from '../status-line.ts'
import { sendLarge, sendSizedStream, sendStream } from './send-body.ts'
import type { SlowClient, SlowClients } from './slow-clients.ts'

/** From here on a body is written as the client reads, instead of copied into the engine's buffer at once. */
const LARGE_BODY_BYTES = 128 * 1024

/** Characters of a text that is short in any encoding. */
const SHORT_TEXT_LENGTH = LARGE_BODY_BYTES / 4

const NOTHING = new Uint8Array(0)
const NOT_ASCII = /[\x80-\xff]/

/** From here on the engine may have to keep some of a reply until the client has read the rest. */
const KEPT_BYTES = 16 * 1024

/** What all exchanges of a server on this engine share. */
export interface UwsState extends ServerState {
  readonly slowClients: SlowClients
  /** Exchanges that have not ended. */
  underWay: number
  /** The engine was given a reply which may not have left it yet. */
  mayKeepReply(): void
}

export class UwsExchange extends EngineExchange implements SlowClient {
  readonly res: HttpResponse
  /** The engine's response may not be touched any more. See {@link end}. */
  ended = false
  /** The engine has corked the response while its handler runs. */
  private corked = true
  readonly slowClients: SlowClients
  declare protected readonly server: UwsState
  private paused = false
  private listening = false
  /** The engine has said that the connection is no more. */
  private lost = false

  constructor(server: UwsState, res: HttpResponse, head: RequestHead, bodyBytes: number | undefined) {
    super(server, head)
    this.res = res
    this.slowClients = server.slowClients
    server.underWay++
    if (bodyBytes === undefined) return
    this.requestBody = new RequestBody(this, bodyBytes, server.timeouts.clientBodyMs)
    // The engine takes chunks that do not end where they say, and a proxy in front may see another end of the body.
    this.closesAfterBody = bodyBytes === -1
  }

  /**
   * To be called before the handler, which may never return: a script that is stopped takes what called it with it, and the
   * engine ends the process for a request of which nobody would hear the end.
   */
  listen(): void {
    this.listening = true
    this.res.onAborted(() => {
      this.lost = true
      this.end()
      this.clientGone()
    })
    const { requestBody } = this
    if (requestBody === undefined) return
    this.slowClients.add(this)
    this.res.onData((chunk, last) => {
      if (last) this.slowClients.delete(this)
      requestBody.push(requestBody.ignored ? NOTHING : new Uint8Array(chunk.slice(0)), last)
    })
  }

  /**
   * True when the engine closes the connection together with the reply because the client asked for that. While it hands over
   * a piece of a body it must not: it would go on with the next request in what it has read, on a connection that is no more,
   * and tell nobody of the end of that one. So whatever may run inside of such a call waits for {@link afterEngine} first.
   */
  get closesWithReply(): boolean {
    return this.requestBody !== undefined && headerOf(this.head, 'connection') !== undefined
  }

  /** Resolves when the engine is not in the middle of what it has read. */
  afterEngine(): Promise<void> {
    return new Promise(setImmediate)
  }

  /** With the last that is asked of the engine's response, or when it says that the client has gone. */
  end(): void {
    if (this.ended) return
    this.ended = true
    this.server.underWay--
  }

  handlerReturned(): void {
    this.corked = false
    if (this.ended) return
    if (!this.listening) this.listen()
    // Later the engine does not say any more.
    void this.head.ip
  }

  override interrupted(): void {
    this.handlerReturned()
  }

  /** For a handshake that is accepted: the response belongs to the caller. False when it was answered or the client has gone. */
  take(): boolean {
    if (this.replied || this.ended) return false
    this.replied = true
    this.end()
    return true
  }

  /** Runs writes as one packet. */
  cork(write: () => void): void {
    if (this.corked) write()
    else this.res.cork(write)
  }

  pause(): void {
    this.paused = true
    if (!this.ended) this.res.pause()
  }

  resume(): void {
    this.paused = false
    if (!this.ended) this.res.resume()
  }

  /**
   * Before the last write of a reply: who still waits for the request's body learns that, and the connection is read again.
   * The engine ends the process when it closes a connection that is paused while something waits to be written.
   */
  bodyIsOver(): void {
    this.requestBody?.replied()
  }

  keep(): void {
    // Once it is answered, the engine's own time counts.
    if (this.ended) this.slowClients.delete(this)
    else if (this.paused) {
      this.res.resume()
      this.res.pause()
    } else {
      this.res.pause()
      this.res.resume()
    }
  }

  /** Each call of the engine costs as much as all else that is done for a header, so what was checked goes in one. */
  writeHead({ status, headers, ascii }: CheckedReply): void {
    const { res } = this
    // What the engine says by itself.
    if (status !== 200) res.writeStatus(statusLine(status))
    if (!ascii) {
      for (const [name, value] of headers) {
        res.writeHeader(name, NOT_ASCII.test(value) ? Buffer.from(value, 'latin1') : value)
      }
    } else if (headers.length > 0) {
      let lines = headers[0]![1]
      for (let i = 1; i < headers.length; i++) lines += `\r\n${headers[i]![0]}: ${headers[i]![1]}`
      res.writeHeader(headers[0]![0], lines)
    }
  }

  protected cut(): void {
    if (this.ended) return
    this.end()
    this.clientGone()
    if (this.requestBody === undefined) this.res.close()
    else void this.afterEngine().then(() => this.lost || this.res.close())
  }

  /**
   * A last reply waits until the engine has seen all of what came with its request: it would go on with the next one in there,
   * after the reply that said there is none. While this one is not answered, it cuts the connection instead.
   */
  protected send(checked: CheckedReply, body: WireReply['body'], close: boolean): Sent | Promise<Sent> {
    if (!close && !this.closesWithReply) return this.sendNow(checked, body, false)
    return this.afterEngine().then(() => this.sendNow(checked, body, close))
  }

  private sendNow(checked: CheckedReply, body: WireReply['body'], close: boolean): Sent | Promise<Sent> {
    if (this.ended) return { bytes: 0, aborted: true }
    if (typeof body === 'string' && this.corked && !close && !checked.bodyless && body.length < SHORT_TEXT_LENGTH) {
      this.end()
      this.writeHead(checked)
      this.res.end(body)
      if (body.length >= KEPT_BYTES) this.server.mayKeepReply()
      return new SentText(body)
    }
    if (isStream(body) && !checked.bodyless) {
      const { contentLength } = checked
      if (contentLength === undefined || contentLength === 0) return sendStream(this, checked, close, body)
      return sendSizedStream(this, checked, close, body, contentLength)
    }
    this.bodyIsOver()
    const bytes = checked.bodyless ? 0 : bodyLength(body)
    if (bytes >= LARGE_BODY_BYTES && !close) {
      return sendLarge(this, checked, typeof body === 'string' ? Buffer.from(body) : (body as Uint8Array))
    }
    if (bytes >= KEPT_BYTES) this.server.mayKeepReply()
    this.end()
    this.cork(() => {
      this.writeHead(checked)
      // A client that cannot be trusted is closed by the engine, which adds a length of 0 for it.
      if (checked.bodyless && this.closesAfterBody) this.res.end('', true)
      else if (checked.bodyless) this.endWithoutBody(headLength(checked, body), close)
      else this.res.end((body as string | Uint8Array | undefined) ?? '', close)
    })
    return { bytes, aborted: false }
  }

  /**
   * The engine's own length here would not be the end for it: it waits for the body that was announced. And without it there
   * is no way to tell it to close (an explicit undefined is sent as 2^63), so closing is left to the client, who is told.
   */
  private endWithoutBody(length: number | undefined, close: boolean): void {
    if (length !== undefined) this.res.writeHeader('Content-Length', String(length))
    if (close) this.res.writeHeader('Connection', 'close')
    this.res.endWithoutBody()
  }
}
