// The port on node:http and `ws`: slower, but it runs wherever Node does, and reads HTTP/1.0 and requests in small pieces.
//
// What a switch costs here: before Node 22.12 two processes cannot share a port, so the new one tries to listen until the
// old one has let go. In between (some milliseconds when the old one drains at once) new connections are refused. Whoever
// switches must therefore tell the old process to drain without waiting for the new one to listen.
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { Server as NetServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { COMPRESSED_BYTES_MIN } from '../compression.ts'
import { guarded } from '../guard.ts'
import { asksForWebSocket, refuseHandshake } from '../handshake-check.ts'
import { IdleSweep } from '../idle-sweep.ts'
import { closingReply, INTERNAL_ERROR, TOO_MANY_CONNECTIONS } from '../plain-reply.ts'
import type { ListenAddress, Timeouts, Transport, TransportOptions, WireReply, WireSocket } from '../port.ts'
import { NO_HEAD } from '../request-head.ts'
import { SocketEvents } from '../socket-events.ts'
import { afterEachGrace, closeWhenQuiet } from '../stop-listening.ts'
import type { TlsContext } from '../tls-files.ts'
import { listenOnPath } from '../unix-socket.ts'
import { listen, listenOnce } from './listen.ts'
import { connectionEnded, hasHadLastReply, NodeExchange, responseOn } from './node-exchange.ts'
import { NodeHandshake, watchEnd } from './node-handshake.ts'
import { NodeSocket, type NodeSocketOwner } from './node-socket.ts'
import { readRequest } from './read-request.ts'

/** The largest head of a request, as with the other engine. */
const HEAD_BYTES_MAX = 16 * 1024
/** How often heads that are late are looked for. */
const HEADS_CHECKED_MS = 1000

/** No window is kept, so that an idle socket costs no more than without. */
const DEFLATE = { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: COMPRESSED_BYTES_MIN }

/** `ws` errors, and the close code that was meant for the client. */
const FAILURES: Readonly<Record<string, number>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_INVALID_UTF8: 1007,
}

export interface NodeEngine extends Transport {
  /** Serves a connection that came some other way than through `listen`. */
  take(connection: Duplex): void
}

export function createNodeTransport(options: TransportOptions, tls: TlsContext | undefined): NodeEngine {
  return new NodeTransport(options, tls)
}

class NodeTransport implements NodeEngine, NodeSocketOwner {
  closing: boolean
  readonly timeouts: Timeouts
  private draining = false
  private readonly options: TransportOptions
  private readonly tls: TlsContext | undefined
  private readonly events: SocketEvents
  private readonly servers: Server[] = []
  private taking: Server | undefined
  private readonly removals: (() => void)[] = []
  private readonly webSockets: WebSocketServer
  private readonly protocols = new WeakMap<IncomingMessage, string>()
  private readonly tcp = new Set<Socket>()
  private readonly open = new Set<NodeSocket>()
  private readonly topics = new Map<string, Set<NodeSocket>>()
  private readonly idle = new IdleSweep()
  private accepted = 0
  private drained: (() => void)[] = []
  private endIdleClosing = () => {}

  constructor(options: TransportOptions, tls: TlsContext | undefined) {
    this.options = options
    this.tls = tls
    this.timeouts = options.timeouts
    this.closing = options.timeouts.keepaliveMs === 0
    this.events = new SocketEvents(options.handlers)
    this.webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: options.compression && DEFLATE,
      maxPayload: options.socketLimitsMax.maxPayloadBytes,
      handleProtocols: (_offered, req) => this.protocols.get(req) ?? false,
    })
  }

  get connections(): number {
    return this.tcp.size
  }

  async listen(address: ListenAddress): Promise<number> {
    const server = this.createServer()
    let port = 0
    if ('path' in address) this.removals.push(await listenOnPath(address, (path) => listenOnce(server, { path })))
    else port = await listen(server, address)
    this.servers.push(server)
    return port
  }

  take(connection: Duplex): void {
    if (this.taking === undefined) {
      this.taking = this.createServer()
      // From then on node:http knows which connections are idle.
      this.taking.emit('listening')
    }
    this.taking.emit('connection', connection)
  }

  private createServer(): Server {
    const { clientHeaderMs, keepaliveMs, keepaliveRequests } = this.timeouts
    const options: ServerOptions = {
      maxHeaderSize: HEAD_BYTES_MAX,
      headersTimeout: clientHeaderMs,
      // A body has its own, between two reads.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(HEADS_CHECKED_MS, clientHeaderMs),
      keepAliveTimeout: keepaliveMs,
    }
    const server =
      this.tls === undefined
        ? createServer(options)
        : createTlsServer({ ...options, ...this.tls, handshakeTimeout: clientHeaderMs })
    server.maxRequestsPerSocket = keepaliveRequests
    // Those above it would be left out without a word; their bytes have a limit.
    server.maxHeadersCount = 0
    server.on('connection', (socket) => this.onConnection(socket))
    server.on('request', (req, res) => this.onRequest(req, res))
    server.on('upgrade', (req, socket, head) => this.onUpgrade(req, socket, head))
    return server
  }

  publish(topic: string, data: string | Uint8Array): void {
    for (const socket of this.topics.get(topic) ?? []) socket.send(data)
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

  destroy(): void {
    this.draining = true
    this.closing = true
    this.stopListening()
    for (const socket of this.tcp) socket.destroy()
  }

  joined(socket: NodeSocket, topic: string): void {
    const sockets = this.topics.get(topic)
    if (sockets === undefined) this.topics.set(topic, new Set([socket]))
    else sockets.add(socket)
  }

  left(socket: NodeSocket, topic: string): void {
    const sockets = this.topics.get(topic)
    if (sockets?.delete(socket) && sockets.size === 0) this.topics.delete(topic)
  }

  closed(socket: NodeSocket, code: number, reason: string): void {
    this.open.delete(socket)
    this.idle.delete(socket)
    for (const topic of socket.topics()) this.left(socket, topic)
    this.events.closed(socket, code, reason)
  }

  flushed(socket: NodeSocket): void {
    this.events.drained(socket)
  }

  private stopListening(): void {
    const servers = this.servers.splice(0)
    // Not http.Server's close(), which cuts idle connections: a request may be on its way on one of them.
    for (const server of servers) NetServer.prototype.close.call(server)
    for (const remove of this.removals.splice(0)) remove()
    if (this.taking !== undefined) servers.push(this.taking)
    this.endIdleClosing()
    this.endIdleClosing = afterEachGrace(() => this.closeIdle(servers))
    this.checkDrained()
  }

  private closeIdle(servers: readonly Server[]): void {
    for (const server of servers) server.closeIdleConnections()
    // To node:http one that has not sent anything is not idle.
    for (const socket of this.tcp) if (socket.bytesRead === 0) socket.destroy()
  }

  private checkDrained(): void {
    if (!this.draining || this.servers.length > 0 || this.tcp.size > 0) return
    this.endIdleClosing()
    for (const resolve of this.drained.splice(0)) resolve()
  }

  private onConnection(socket: Socket): void {
    this.accepted++
    this.tcp.add(socket)
    socket.once('close', () => {
      this.tcp.delete(socket)
      connectionEnded(socket)
      this.checkDrained()
    })
  }

  private get full(): boolean {
    return this.tcp.size > this.options.connectionsMax
  }

  private onRequest(req: IncomingMessage, res: ServerResponse): void {
    // On a stack of its own: a script that is stopped takes with it what called it. All of them, so that they keep their order.
    queueMicrotask(() => this.handle(req, res))
  }

  private handle(req: IncomingMessage, res: ServerResponse): void {
    if (hasHadLastReply(req.socket)) {
      // Its body is read away: a connection that nobody reads never learns of its end.
      req.resume()
      return
    }
    const request = readRequest(req, this.tls !== undefined)
    if ('reason' in request) {
      new NodeExchange(this, req, res, NO_HEAD).reply(closingReply(request.status, request.reason))
      return
    }
    const exchange = new NodeExchange(this, req, res, request.head, request.bodyBytes)
    const { request: handler, fault } = this.options.handlers
    if (this.full) exchange.reply(TOO_MANY_CONNECTIONS)
    else guarded(handler, fault, () => exchange.reply(INTERNAL_ERROR), exchange)
  }

  private onUpgrade(req: IncomingMessage, socket: Duplex, first: Buffer): void {
    socket.on('error', () => {
      // Followed by 'close'.
    })
    // Behind a request that is not answered yet there is nowhere to answer to: it ends as with the other engine.
    if (hasHadLastReply(socket) || (socket as { _httpMessage?: unknown })._httpMessage != null) {
      socket.destroy()
      return
    }
    const res = responseOn(req, socket)
    const request = readRequest(req, this.tls !== undefined)
    if ('reason' in request || !asksForWebSocket(request.head)) {
      this.onRequest(req, res)
      return
    }
    const exchange = new NodeExchange(this, req, res, request.head)
    const invalid: WireReply | undefined = refuseHandshake(request.head)
    if (invalid !== undefined) {
      exchange.reply(invalid)
      return
    }
    const unwatch = watchEnd(socket)
    const take = () => {
      unwatch()
      res.detachSocket(socket as Socket)
    }
    if (this.full) {
      exchange.take()
      take()
      this.webSockets.handleUpgrade(req, socket, first, (ws) => ws.close(1013, 'Too many connections'))
      return
    }
    const handshake = new NodeHandshake(
      exchange,
      this.options.socketLimitsMax,
      ({ hold, protocol, limits, compression }) => {
        take()
        if (!compression) delete req.headers['sec-websocket-extensions']
        if (protocol !== undefined) this.protocols.set(req, protocol)
        const opened = new NodeSocket(this, hold, request.head.ip, limits)
        this.webSockets.handleUpgrade(req, socket, first, (ws) => this.onOpen(opened, ws))
      },
    )
    const { handshake: handler, fault } = this.options.handlers
    guarded(handler, fault, () => exchange.reply(INTERNAL_ERROR), handshake)
  }

  private onOpen(socket: NodeSocket, ws: WebSocket): void {
    let failure: { code: number; reason: string } | undefined
    socket.opened(ws)
    this.open.add(socket)
    this.idle.add(socket)
    const alive = () => {
      socket.idleS = 0
    }
    ws.on('ping', alive)
    ws.on('pong', alive)
    ws.on('error', (error: Error & { code?: string }) => {
      failure = { code: FAILURES[error.code ?? ''] ?? 1006, reason: error.message }
    })
    ws.on('close', (code, reason) => socket.finish(failure?.code ?? code, failure?.reason ?? reason.toString('utf8')))
    ws.on('message', (data: Buffer, isBinary) => {
      if (!socket.open) return
      alive()
      if (data.length > socket.limits.maxPayloadBytes) socket.tooBig()
      else this.events.message(socket, isBinary ? new Uint8Array(data) : data.toString('utf8'))
    })
    this.events.opened(socket)
  }
}
