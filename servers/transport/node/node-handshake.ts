// One WebSocket handshake on node:http: the connection waits, detached from its parser, until it is answered.
import type { Duplex } from 'node:stream'
import { echoedProtocol } from '../handshake-check.ts'
import type { Acceptance, Handshake, RequestHead, Sent, SocketLimits, WireReply } from '../port.ts'
import { withinLimits } from '../socket-limits.ts'
import type { NodeExchange } from './node-exchange.ts'

/** Switches protocols on a connection that is there. */
export type Accept = (options: {
  hold: unknown
  protocol: string | undefined
  limits: SocketLimits
  compression: boolean
}) => void

export class NodeHandshake implements Handshake {
  readonly head: RequestHead
  private readonly exchange: NodeExchange
  private readonly limitsMax: SocketLimits
  private readonly switchProtocols: Accept

  constructor(exchange: NodeExchange, limitsMax: SocketLimits, switchProtocols: Accept) {
    this.head = exchange.head
    this.exchange = exchange
    this.limitsMax = limitsMax
    this.switchProtocols = switchProtocols
  }

  get aborted(): AbortSignal {
    return this.exchange.aborted
  }

  accept({ hold, protocol, limits, compression = false }: Acceptance): boolean {
    const kept = withinLimits(limits, this.limitsMax)
    if (!this.exchange.take()) return false
    this.switchProtocols({ hold, protocol: echoedProtocol(this.head, protocol), limits: kept, compression })
    return true
  }

  refuse(reply: WireReply): Sent | Promise<Sent> {
    return this.exchange.reply(reply)
  }
}

/**
 * Watches a connection that nobody reads, so that its end is noticed. Call the result before the connection is handed on.
 * What a client sends before it was answered stays where it is.
 */
export function watchEnd(socket: Duplex): () => void {
  const look = () => {
    if (socket.readableLength === 0) socket.read(0)
  }
  const ended = () => socket.destroy()
  socket.on('readable', look)
  socket.on('end', ended)
  return () => {
    socket.off('readable', look)
    socket.off('end', ended)
  }
}
