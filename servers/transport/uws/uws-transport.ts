// The port on uWebSockets.js: one route for every request, one for every WebSocket; the rest is the runtime's business.

import type {
  AppOptions,
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
} from 'uWebSockets.js'
import { createServer } from 'node:net'
import { EdgeyardError, messageOf } from '../../contract/errors.ts'
import { COMPRESSED_BYTES_MIN } from '../compression.ts'
import { guarded } from '../guard.ts'
import { asksForWebSocket, refuseHandshake } from '../handshake-check.ts'
import { IdleSweep } from '../idle-sweep.ts'
import { closingReply, INTERNAL_ERROR, TOO_MANY_CONNECTIONS } from '../plain-reply.ts'
import type {
  ListenAddress,
  Timeouts,
  TlsOptions,
  Transport,
  TransportHandlers,
  TransportOptions,
  WireSocket,
} from '../port.ts'
import { type BadRequest, type CheckedRequest, NO_HEAD } from '../request-head.ts'
import { SocketEvents } from '../socket-events.ts'
import { afterEachGrace, closeWhenQuiet } from '../stop-listening.ts'
import { listenOnPath } from '../unix-socket.ts'
import { loadUws, type Uws } from './load-uws.ts'
import { readRequest } from './read-request.ts'
import { SlowClients } from './slow-clients.ts'
import { UwsExchange, type UwsState } from './uws-exchange.ts'
import { UwsHandshake } from './uws-handshake.ts'
import type { UserData, UwsSocket } from './uws-socket.ts'

/**
 * The engine cuts the connection of a longer message without a close frame. Up to this much above the limit the message is
 * read, dropped and answered with 1009; beyond it the client sees 1006.
 */
const PAYLOAD_MARGIN_BYTES = 1024 * 1024

/** Twice as fast as a Buffer's text; a byte order mark is part of a message. The engine has checked that it is UTF-8. */
const text = new TextDecoder('utf-8', { ignoreBOM: true })

/** So long a client may take to read the rest of a reply that the engine has kept: then it cuts the connection itself. */
const KEPT_MS = 10_000

/** Somebody else may take a port that was free a moment ago. */
const FREE_PORT_TRIES = 5

/** What the engine says instead of a code, and the code it means. */
const FAILURES: Readonly<Record<string, number>> = {
  'Received too big message': 1009,
  'Received invalid UTF-8': 1007,
}

export async function createUwsTransport(options: TransportOptions): Promise<Transport> {
  return new UwsTransport(await loadUws(), options)
}

class UwsTransport implements Transport {
  closing: boolean
  readonly timeouts: Timeouts
  readonly slowClients = new SlowClients()
  private draining = false
  private readonly uws: Uws
  private readonly options: TransportOptions
  private readonly handlers: TransportHandlers
  private readonly events: SocketEvents
  private readonly app: TemplatedApp
  private readonly listening: us_listen_socket[] = []
  private readonly removals: (() => void)[] = []
  private readonly open = new Set<UwsSocket>()
  private readonly idle = new IdleSweep()
  private accepted = 0
  private requests = 0
  private httpConnections = 0
  private webSockets = 0
  private destroyed = false
  private drained: (() => void)[] = []
  underWay = 0
  /** Until then, a reply may still be in the engine. */
  private keptUntil = 0
  private endIdleClosing = () => {}

  constructor(uws: Uws, options: TransportOptions) {
    this.uws = uws
    this.options = options
    this.handlers = options.handlers
    this.events = new SocketEvents(options.handlers)
    this.timeouts = options.timeouts
    this.closing = options.timeouts.keepaliveMs === 0
    const { maxPayloadBytes, maxBackpressureBytes, idleTimeoutS } = options.socketLimitsMax
    const { tls, compression } = options
    const secure = tls !== undefined
    this.app = secure ? uws.SSLApp(secureOptions(tls)) : uws.App()
    const count = (_res: HttpResponse, change: number): void => {
      // The engine tells of every connection, but not of the end of those that became WebSockets.
      this.httpConnections += change
      if (change > 0) this.accepted++
      this.checkDrained()
    }
    this.app.filter(count)
    this.app.any('/*', (res, req) => this.onRequest(res, readRequest(res, req, secure)))
    this.app.ws<UserData>('/*', {
      maxPayloadLength: maxPayloadBytes + PAYLOAD_MARGIN_BYTES,
      maxBackpressure: maxBackpressureBytes,
      idleTimeout: idleTimeoutS,
      sendPingsAutomatically: true,
      // No window is kept, so that an idle socket costs no more than without.
      compression: compression ? uws.SHARED_COMPRESSOR | uws.SHARED_DECOMPRESSOR : uws.DISABLED,
      upgrade: (res, req, context) => this.onUpgrade(res, req, context),
      open: (ws) => this.onOpen(ws),
      message: (ws, message, isBinary) => this.onMessage(ws, message, isBinary),
      drain: (ws) => {
        const { socket } = ws.getUserData()
        if (socket !== undefined) this.events.drained(socket)
      },
      pong: (ws) => {
        const { socket } = ws.getUserData()
        if (socket !== undefined) socket.idleS = 0
      },
      ping: (ws) => {
        const { socket } = ws.getUserData()
        if (socket !== undefined) socket.idleS = 0
      },
      close: (ws, code, message) => this.onClose(ws, code, message),
    })
  }

  get connections(): number {
    return this.httpConnections + this.webSockets
  }

  async listen(address: ListenAddress): Promise<number> {
    if ('path' in address) {
      this.removals.push(await listenOnPath(address, (path) => this.listenOnFile(path)))
      return 0
    }
    const { host, port } = address
    for (let tries = port === 0 ? FREE_PORT_TRIES : 1; tries > 0; tries--) {
      const wanted = port === 0 ? this.freePort(host) : port
      const token = wanted !== undefined && this.listenOnce(host, wanted)
      if (wanted === undefined || token === false) continue
      this.listening.push(token)
      return wanted
    }
    throw await whyNot(host, port)
  }

  publish(topic: string, data: string | Uint8Array): void {
    const compress = this.options.compression && data.length >= COMPRESSED_BYTES_MIN
    if (!this.destroyed) this.app.publish(topic, data, typeof data !== 'string', compress)
  }

  sockets(): Iterable<WireSocket> {
    return this.open
  }

  drain(onLetGo?: () => void): Promise<void> {
    if (!this.draining) {
      this.draining = true
      this.closing = true
      closeWhenQuiet(
        () => this.accepted,
        () => {
          this.stopListening()
          onLetGo?.()
        },
      )
    }
    return new Promise((resolve) => {
      this.drained.push(resolve)
      setImmediate(() => this.checkDrained())
    })
  }

  mayKeepReply(): void {
    this.keptUntil = performance.now() + KEPT_MS
  }

  destroy(): void {
    this.endIdleClosing()
    if (this.destroyed) return
    this.draining = true
    this.closing = true
    this.destroyed = true
    this.listening.length = 0
    this.removeFiles()
    this.app.close()
    this.checkDrained()
  }

  private listenOnce(host: string, port: number): us_listen_socket | false {
    let token: us_listen_socket | false = false
    // Called back before listen() returns.
    this.app.listen(host, port, (opened) => {
      token = opened
    })
    return token
  }

  private async listenOnFile(path: string): Promise<void> {
    let token: us_listen_socket | false = false
    this.app.listen_unix((opened) => {
      token = opened
    }, path)
    if (token === false) throw new Error('the engine could not make the socket in its folder')
    this.listening.push(token)
  }

  private removeFiles(): void {
    for (const remove of this.removals.splice(0)) remove()
  }

  /** The engine shares every port but one that the system chose: let it choose, let go, and take that one to share. */
  private freePort(host: string): number | undefined {
    const token = this.listenOnce(host, 0)
    if (token === false) return undefined
    const port = this.uws.us_socket_local_port(token as never)
    this.uws.us_listen_socket_close(token)
    return port
  }

  private stopListening(): void {
    for (const token of this.listening.splice(0)) this.uws.us_listen_socket_close(token)
    this.removeFiles()
    this.closeIdle()
    this.checkDrained()
  }

  /** The engine closes all connections or none: it is told to when nothing is under way on any of them. */
  private closeIdle(): void {
    if (this.destroyed) return
    let before = this.requests
    this.endIdleClosing = afterEachGrace(() => {
      const busy = this.requests !== before || this.underWay > 0 || this.webSockets > 0
      before = this.requests
      if (!busy && performance.now() > this.keptUntil) this.destroy()
    })
  }

  private checkDrained(): void {
    if (!this.draining || this.drained.length === 0 || this.listening.length > 0) return
    if (!this.destroyed && this.connections > 0) return
    this.endIdleClosing()
    for (const resolve of this.drained.splice(0)) resolve()
  }

  private onRequest(res: HttpResponse, request: CheckedRequest | BadRequest): void {
    this.requests++
    if ('reason' in request) {
      refuseBadRequest(this, res, request)
      return
    }
    const exchange = new UwsExchange(this, res, request.head, request.bodyBytes)
    const invalid = asksForWebSocket(request.head) ? refuseHandshake(request.head) : undefined
    if (invalid !== undefined) exchange.reply(invalid)
    else if (this.connections > this.options.connectionsMax) exchange.reply(TOO_MANY_CONNECTIONS)
    else {
      exchange.listen()
      this.tellRequest(exchange)
    }
    exchange.handlerReturned()
  }

  /** As `guarded` does, without a closure for each request. */
  private tellRequest(exchange: UwsExchange): void {
    try {
      const handling: unknown = this.handlers.request(exchange)
      if (handling instanceof Promise) handling.catch((error: unknown) => this.requestFailed(exchange, error))
    } catch (error) {
      this.requestFailed(exchange, error)
    }
  }

  private requestFailed(exchange: UwsExchange, error: unknown): void {
    guarded(this.handlers.fault, ignore, ignore, error)
    exchange.reply(INTERNAL_ERROR)
  }

  private onUpgrade(res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void {
    const request = readRequest(res, req, this.options.tls !== undefined)
    // The engine takes any request with a key for a handshake.
    if ('reason' in request || !asksForWebSocket(request.head)) {
      this.onRequest(res, request)
      return
    }
    const exchange = new UwsExchange(this, res, request.head, undefined)
    const handshake = new UwsHandshake(exchange, context, this.options)
    const invalid = refuseHandshake(request.head)
    if (invalid !== undefined) exchange.reply(invalid)
    else if (this.connections > this.options.connectionsMax) handshake.acceptToClose()
    else {
      exchange.listen()
      const { handshake: handler, fault } = this.handlers
      guarded(handler, fault, () => exchange.reply(INTERNAL_ERROR), handshake)
    }
    exchange.handlerReturned()
  }

  private onOpen(ws: WebSocket<UserData>): void {
    this.httpConnections--
    this.webSockets++
    const { socket } = ws.getUserData()
    if (socket === undefined) {
      setImmediate(() => {
        if (!this.destroyed) ws.end(1013, 'Too many connections')
      })
      return
    }
    socket.opened(ws)
    this.open.add(socket)
    if (socket.idleTimeoutS !== this.options.socketLimitsMax.idleTimeoutS) this.idle.add(socket)
    this.events.opened(socket)
  }

  private onMessage(ws: WebSocket<UserData>, message: ArrayBuffer, isBinary: boolean): void {
    const { socket } = ws.getUserData()
    if (socket === undefined || !socket.open) return
    socket.idleS = 0
    if (message.byteLength > socket.limits.maxPayloadBytes) {
      socket.tooBig()
      return
    }
    this.events.message(socket, isBinary ? new Uint8Array(message.slice(0)) : text.decode(message))
  }

  private onClose(ws: WebSocket<UserData>, code: number, message: ArrayBuffer): void {
    this.webSockets--
    const { socket } = ws.getUserData()
    if (socket !== undefined) {
      socket.closed()
      this.open.delete(socket)
      this.idle.delete(socket)
      const reason = Buffer.from(message).toString('utf8')
      this.events.closed(socket, code === 1006 ? (FAILURES[reason] ?? code) : code, reason)
    }
    this.checkDrained()
  }
}

function ignore(): void {
  // The last one who could be told threw as well; the client is still answered.
}

function refuseBadRequest(server: UwsState, res: HttpResponse, { status, reason }: BadRequest): void {
  const exchange = new UwsExchange(server, res, NO_HEAD, undefined)
  exchange.reply(closingReply(status, reason))
  exchange.handlerReturned()
}

/** Both files were read and tried already. */
function secureOptions({ certificate, key, ciphers }: TlsOptions): AppOptions {
  return {
    cert_file_name: certificate,
    key_file_name: key,
    ssl_prefer_low_memory_usage: true,
    ...(ciphers === undefined ? {} : { ssl_ciphers: ciphers }),
  }
}

/** The engine does not say why it could not listen; asking for the port exclusively does. */
function whyNot(host: string, port: number): Promise<EdgeyardError> {
  const where = `${host}:${port}`
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        resolve(
          new EdgeyardError('PORT_TAKEN', `Cannot listen on ${where}: another program holds it`, { cause: error }),
        )
      } else {
        resolve(new EdgeyardError('SERVICE_FAILED', `Cannot listen on ${where}: ${messageOf(error)}`, { cause: error }))
      }
    })
    probe.listen({ host, port, exclusive: true }, () => {
      probe.close(() =>
        resolve(new EdgeyardError('PORT_TAKEN', `Cannot listen on ${where}: it was held until just now`)),
      )
    })
  })
}
