// The open addresses of a server: one transport for each, all answering by the generation that is live.
import type { Conf, ListenConf } from '../contract/conf/conf.ts'
import type { Socket } from '../contract/script.ts'
import type { createTransport } from '../transport/create-transport.ts'
import type { Exchange, Handshake, Transport, WireSocket } from '../transport/port.ts'
import type { Address, Generation } from './generation.ts'
import { serve } from './serve-request.ts'
import { largestLimits, offersCompression } from './socket-limits.ts'
import type { SocketSession } from './socket-session.ts'

export interface Listeners {
  /** Makes a transport for each new address of the generation, without listening. */
  prepare(generation: Generation): Promise<void>
  /**
   * Listens on every address that is prepared. Resolves with the first port, 0 when there are only Unix sockets. Rejects with
   * PORT_TAKEN.
   */
  listen(how?: Listening): Promise<number>
  /** The directives of this generation that an address which is open already cannot take up. */
  stale(generation: Generation): string[]
  /** Ends those that no longer belong to the generation. */
  keepOnly(generation: Generation): void
  publish(topic: string, data: string | Uint8Array): void
  sockets(): Iterable<WireSocket>
  socketsOf(script: string): Iterable<Socket<unknown>>
  /** Open connections, and how many requests and handshakes there have been. */
  use(): { readonly connections: number; readonly asked: number }
  /** Resolves when the last connection has ended. `onLetGo` is called when nothing listens any more. */
  drain(onLetGo?: () => void): Promise<void>
  destroy(): void
}

export interface Listening {
  /** What port 0 stands for. */
  readonly zeroPort?: number | undefined
  /** Unix sockets are taken over from the release before. */
  readonly takeOver?: boolean
}

export interface ListenersOptions {
  readonly createTransport: typeof createTransport
  live(): Generation
  /** A socket has opened, and its `open` hook has run. */
  onOpened(socket: WireSocket): void
  onFault(error: unknown): void
}

interface Listener {
  readonly transport: Transport
  readonly at: ListenConf['address']
  /** What it was made with. */
  readonly made: Made
  listening: boolean
}

export function createListeners({ createTransport, live, onOpened, onFault }: ListenersOptions): Listeners {
  const listeners = new Map<string, Listener>()
  const leaving = new Set<Transport>()
  /** What each listens on, by its address; known when it does. */
  const ports = new Map<string, number>()
  let count = 0
  const transports = () => [...[...listeners.values()].map(({ transport }) => transport), ...leaving]

  const create = (key: string, conf: Conf, { timeouts, tls }: Address): Promise<Transport> => {
    const answerLive = (asked: Exchange | Handshake) => {
      count++
      const generation = live()
      return serve(asked, generation, generation.addresses.get(key)!.route(asked.head.host), ports.get(key) ?? 0)
    }
    return createTransport({
      engine: conf.engine,
      connectionsMax: conf.workerConnections,
      socketLimitsMax: largestLimits(conf),
      timeouts,
      ...(tls === undefined ? {} : { tls }),
      compression: offersCompression(conf),
      handlers: {
        request: answerLive,
        handshake: answerLive,
        open: (wire) => sessionOf(wire).opened(wire, () => onOpened(wire)),
        message: (wire, data) => sessionOf(wire).message(data),
        drain: (wire) => sessionOf(wire).drained(),
        close: (wire, code, reason, topics) => sessionOf(wire).closed(code, reason, topics),
        fault: onFault,
      },
    })
  }

  const listeningOf = async (key: string, { transport, at }: Listener, how: Listening): Promise<number> => {
    const { zeroPort = 0, takeOver = false } = how
    const port = await transport.listen('path' in at ? { ...at, takeOver } : { ...at, port: at.port || zeroPort })
    ports.set(key, port)
    return port
  }

  return {
    async prepare({ addresses, conf }) {
      for (const [key, address] of addresses) {
        if (listeners.has(key)) continue
        const made = madeWith(address, conf)
        listeners.set(key, { transport: await create(key, conf, address), at: address.at, made, listening: false })
      }
    },
    async listen(how = {}) {
      let first = 0
      for (const [key, listener] of listeners) {
        if (listener.listening) continue
        const port = await listeningOf(key, listener, how)
        listener.listening = true
        first ||= port
      }
      return first
    },
    stale({ addresses, conf }) {
      const changed = new Set<string>()
      for (const [key, { made }] of listeners) {
        const address = addresses.get(key)
        if (address === undefined) continue
        const wanted = madeWith(address, conf)
        for (const directive of Object.keys(wanted)) if (wanted[directive] !== made[directive]) changed.add(directive)
      }
      return [...changed]
    },
    keepOnly({ addresses }) {
      for (const [key, { transport }] of listeners) {
        if (addresses.has(key)) continue
        listeners.delete(key)
        leaving.add(transport)
        for (const socket of [...transport.sockets()]) socket.close(1012, 'This address is closed')
        void transport.drain().then(() => leaving.delete(transport))
      }
    },
    publish(topic, data) {
      for (const transport of transports()) transport.publish(topic, data)
    },
    *sockets() {
      for (const transport of transports()) yield* transport.sockets()
    },
    *socketsOf(script) {
      for (const transport of transports()) {
        for (const wire of transport.sockets()) {
          const session = sessionOf(wire)
          if (session.script === script && session.socket !== undefined) yield session.socket
        }
      }
    },
    use: () => ({
      connections: transports().reduce((sum, { connections }) => sum + connections, 0),
      asked: count,
    }),
    async drain(onLetGo) {
      const all = transports()
      let left = all.length
      const count = () => --left === 0 && onLetGo?.()
      await Promise.all(all.map((transport) => transport.drain(count)))
    },
    destroy() {
      for (const transport of transports()) transport.destroy()
    },
  }
}

/** By directive. */
type Made = Readonly<Record<string, unknown>>

function madeWith({ timeouts, tls }: Address, conf: Conf): Made {
  return {
    client_header_timeout: timeouts.clientHeaderMs,
    client_body_timeout: timeouts.clientBodyMs,
    send_timeout: timeouts.sendMs,
    keepalive_timeout: timeouts.keepaliveMs,
    keepalive_requests: timeouts.keepaliveRequests,
    ssl_certificate: tls?.certificate,
    ssl_certificate_key: tls?.key,
    ssl_protocols: tls?.protocols.join(' '),
    ssl_ciphers: tls?.ciphers,
    websocket_compression: offersCompression(conf),
  }
}

function sessionOf(wire: WireSocket): SocketSession {
  return wire.hold as SocketSession
}
