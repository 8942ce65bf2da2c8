// One WebSocket handshake on uWebSockets.js. It may be answered later, so what the engine lends is copied first.
import type { us_socket_context_t } from 'uWebSockets.js'
import { echoedProtocol } from '../handshake-check.ts'
import type { Acceptance, Handshake, RequestHead, Sent, TransportOptions, WireReply } from '../port.ts'
import { headerOf } from '../request-head.ts'
import { sharedText } from '../settled-head.ts'
import { withinLimits } from '../socket-limits.ts'
import type { UwsExchange } from './uws-exchange.ts'
import { type UserData, UwsSocket } from './uws-socket.ts'

export class UwsHandshake implements Handshake {
  readonly head: RequestHead
  private readonly exchange: UwsExchange
  private readonly context: us_socket_context_t
  private readonly options: TransportOptions

  constructor(exchange: UwsExchange, context: us_socket_context_t, options: TransportOptions) {
    this.head = exchange.head
    this.exchange = exchange
    this.context = context
    this.options = options
  }

  get aborted(): AbortSignal {
    return this.exchange.aborted
  }

  accept(options: Acceptance): boolean {
    const limits = withinLimits(options.limits, this.options.socketLimitsMax)
    if (!this.exchange.take()) return false
    const wanted = options.compression && this.options.compression
    const extensions = (wanted && headerOf(this.head, 'sec-websocket-extensions')) || ''
    const socket = new UwsSocket(options.hold, sharedText(this.head.ip), limits, extensions !== '')
    this.upgrade(socket, echoedProtocol(this.head, options.protocol), extensions)
    return true
  }

  refuse(reply: WireReply): Sent | Promise<Sent> {
    return this.exchange.reply(reply)
  }

  /** Accepts the connection only to say that it is one too many: a browser cannot see why a handshake was refused. */
  acceptToClose(): void {
    if (this.exchange.take()) this.upgrade(undefined, undefined, '')
  }

  private upgrade(socket: UwsSocket | undefined, protocol: string | undefined, extensions: string): void {
    const { exchange, context } = this
    const key = headerOf(this.head, 'sec-websocket-key') ?? ''
    exchange.cork(() => exchange.res.upgrade<UserData>({ socket }, key, protocol ?? '', extensions, context))
  }
}
