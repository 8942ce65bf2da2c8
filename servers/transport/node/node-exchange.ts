// One HTTP exchange on node:http.
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { bodyLength, EngineExchange, headLength, isStream, type ServerState } from '../engine-exchange.ts'
import type { RequestHead, Sent, WireReply } from '../port.ts'
import type { CheckedReply } from '../reply-head.ts'
import { RequestBody } from '../request-body.ts'
import { sendPieces } from './send-pieces.ts'

/** From here on a body is written as the client reads, so that the bytes that were sent are known. */
const LARGE_BODY_BYTES = 128 * 1024
const PIECE_BYTES = 64 * 1024

/** Connections that have had their last reply: node:http goes on with the next request in the same packet. */
const closing = new WeakSet<Duplex>()

/** Whether nothing more may be handled of what comes on it. */
export function hasHadLastReply(connection: Duplex): boolean {
  return closing.has(connection)
}

/** Exchanges whose reply has to wait for those before it. When their connection ends, node:http does not tell them. */
const waiting = new WeakMap<Duplex, Set<NodeExchange>>()

export function connectionEnded(connection: Duplex): void {
  for (const exchange of waiting.get(connection) ?? []) exchange.connectionEnded()
}

export class NodeExchange extends EngineExchange {
  readonly res: ServerResponse
  private readonly req: IncomingMessage
  private reading = false

  constructor(server: ServerState, req: IncomingMessage, res: ServerResponse, head: RequestHead, bodyBytes?: number) {
    super(server, head)
    this.req = req
    this.res = res
    if (bodyBytes !== undefined) this.requestBody = new RequestBody(req, bodyBytes, server.timeouts.clientBodyMs)
    res.on('error', () => {
      // Followed by 'close', which is where the end of the client is told.
    })
    res.on('close', () => this.connectionEnded())
    if (res.socket === null) this.wait(req.socket)
  }

  connectionEnded(): void {
    if (!this.res.writableFinished) this.clientGone()
  }

  override body(bytesMax: number): Promise<Uint8Array> {
    this.startReading()
    return super.body(bytesMax)
  }

  override stream(bytesMax: number): ReadableStream<Uint8Array> {
    this.startReading()
    return super.stream(bytesMax)
  }

  /** For a handshake that is accepted: the connection belongs to the caller. */
  take(): boolean {
    if (this.replied || this.gone) return false
    this.replied = true
    return true
  }

  protected cut(): void {
    if (this.res.writableFinished) return
    this.clientGone()
    this.res.destroy()
    this.req.destroy()
  }

  protected send(checked: CheckedReply, body: WireReply['body'], close: boolean): Sent | Promise<Sent> {
    const { res } = this
    const headers = checked.headers.slice()
    const stream = isStream(body)
    if (checked.bodyless) {
      const length = headLength(checked, body)
      if (length !== undefined) headers.push(['Content-Length', String(length)])
    } else if (!stream) headers.push(['Content-Length', String(bodyLength(body))])
    else if (checked.contentLength !== undefined) headers.push(['Content-Length', String(checked.contentLength)])
    // Of `maxRequestsPerSocket` node:http only says that the connection closes.
    const { maxRequestsOnConnectionReached } = res as { maxRequestsOnConnectionReached?: boolean }
    if (close || maxRequestsOnConnectionReached) {
      res.shouldKeepAlive = false
      closing.add(this.req.socket)
    }
    // The types know only flat lists; lists of pairs are what node:http takes fastest.
    res.writeHead(checked.status, headers as never)
    if (checked.bodyless) {
      res.end()
      return { bytes: 0, aborted: false }
    }
    if (stream) return sendPieces(this, body.getReader(), checked.contentLength)
    const bytes = bodyLength(body)
    if (bytes >= LARGE_BODY_BYTES) {
      return sendPieces(this, pieces(typeof body === 'string' ? Buffer.from(body) : (body as Uint8Array)))
    }
    res.end(body)
    // Somebody does not read. From its end on node:http sets the time of an idle connection.
    if (res.socket !== null && res.socket.writableLength > 0) res.socket.setTimeout(this.sendMs)
    return { bytes, aborted: false }
  }

  private wait(connection: Duplex): void {
    const exchanges = waiting.get(connection) ?? new Set()
    waiting.set(connection, exchanges.add(this))
    this.res.on('close', () => exchanges.delete(this))
  }

  /** node:http reads a body only when somebody listens, and drops it by itself after the reply. */
  private startReading(): void {
    const { requestBody, req } = this
    if (requestBody === undefined || this.reading || this.gone) return
    this.reading = true
    req.on('data', (chunk: Buffer) => requestBody.push(chunk, false))
    req.on('end', () => requestBody.push(new Uint8Array(0), true))
    req.on('error', () => {
      // The response's 'close' tells it.
    })
  }
}

/** A response for a request that node:http has handed over with its connection, as it does for every `Upgrade`. */
export function responseOn(req: IncomingMessage, socket: Duplex): ServerResponse {
  const res = new ServerResponse(req)
  res.shouldKeepAlive = false
  res.assignSocket(socket as never)
  socket.once('close', () => res.emit('close'))
  res.once('finish', () => {
    res.detachSocket(socket as never)
    ;(socket as unknown as { destroySoon(): void }).destroySoon()
  })
  return res
}

function pieces(body: Uint8Array): Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'> {
  let offset = 0
  return {
    async read() {
      if (offset >= body.length) return { done: true, value: undefined }
      const value = body.subarray(offset, offset + PIECE_BYTES)
      offset += PIECE_BYTES
      return { done: false, value }
    },
    async cancel() {},
  }
}
