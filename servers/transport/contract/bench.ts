// What every part of the contract works on: a transport on a free port, clients, and their end after each test.
import type { Socket } from 'node:net'
import WebSocket, { type ClientOptions } from 'ws'
import { createTransport } from '../create-transport.ts'
import { createMemoryTransport, type MemoryTransport } from '../memory/memory-transport.ts'
import type { ListenAddress, SocketLimits, Transport, TransportHandlers, TransportOptions, WireReply } from '../port.ts'
import { DEFAULT_TIMEOUTS } from '../timeouts.ts'
import { RawClient, rawClient } from './raw-client.ts'

export const LIMITS: SocketLimits = { maxPayloadBytes: 64 * 1024, maxBackpressureBytes: 256 * 1024, idleTimeoutS: 120 }

export interface Served {
  readonly transport: Transport
  readonly port: number
  readonly address: ListenAddress
  readonly tls: boolean
  /** What was told to the fault handler. */
  readonly faults: unknown[]
}

export class Bench {
  readonly engine: TransportOptions['engine']
  readonly memory: boolean
  private readonly ends: (() => void)[] = []

  /** `memory`: without a network. */
  constructor(engine: TransportOptions['engine'], memory: boolean) {
    this.engine = engine
    this.memory = memory
  }

  /** By default requests get 200 and sockets are accepted; what is not given does nothing. */
  async serve(
    handlers: Partial<TransportHandlers> = {},
    options: Partial<Omit<TransportOptions, 'handlers' | 'engine'>> = {},
    address: ListenAddress = { host: '127.0.0.1', port: 0 },
  ): Promise<Served> {
    const faults: unknown[] = []
    const all = {
      connectionsMax: 1000,
      socketLimitsMax: LIMITS,
      timeouts: DEFAULT_TIMEOUTS,
      compression: false,
      ...options,
      handlers: {
        request: (exchange) => void exchange.reply(ok('ok')),
        handshake: (handshake) => void handshake.accept({ hold: undefined, limits: LIMITS }),
        open() {},
        message() {},
        drain() {},
        close() {},
        fault: (error) => void faults.push(error),
        ...handlers,
      },
    } satisfies Omit<TransportOptions, 'engine'>
    const transport = this.memory ? createMemoryTransport(all) : await createTransport({ ...all, engine: this.engine })
    this.ends.push(() => transport.destroy())
    const port = await transport.listen(address)
    return { transport, port, faults, address, tls: options.tls !== undefined }
  }

  async connect(served: Served, options: { allowHalfOpen?: boolean } = {}): Promise<RawClient> {
    const { port, address, tls, transport } = served
    const client =
      'connect' in transport
        ? new RawClient(pipeOf(transport))
        : await rawClient('path' in address ? address.path : port, { tls, ...options })
    this.ends.push(() => client.socket.destroy())
    return client
  }

  /** Not yet open; its messages are collected from the start. */
  webSocket(served: Served, protocols: string[] = [], options: ClientOptions = {}): Client {
    const { port, address, tls, transport } = served
    const memory = 'connect' in transport ? { createConnection: () => pipeOf(transport) } : {}
    const where = 'path' in address ? `ws+unix:${address.path}:` : `${tls ? 'wss' : 'ws'}://127.0.0.1:${port}`
    const client = new Client(`${where}/ws`, protocols, { rejectUnauthorized: false, ...memory, ...options })
    this.ends.push(() => client.ws.terminate())
    return client
  }

  end(): void {
    for (const end of this.ends.splice(0).reverse()) end()
  }
}

/** Clients use of it what a Duplex has, too. */
function pipeOf(transport: Transport): Socket {
  return (transport as MemoryTransport).connect() as Socket
}

/** A WebSocket client whose events can be waited for after they came. */
export class Client {
  readonly ws: WebSocket
  readonly opened: Promise<void>
  readonly closed: Promise<{ code: number; reason: string }>
  /** Of a refused handshake. */
  readonly refused: Promise<number>
  private readonly messages: (string | Buffer)[] = []
  private wake: (() => void) | undefined

  constructor(url: string, protocols: string[], options: ClientOptions) {
    this.ws = new WebSocket(url, protocols, options)
    this.ws.on('error', () => {
      // Followed by 'close'.
    })
    this.opened = new Promise((resolve) => this.ws.on('open', resolve))
    this.closed = new Promise((resolve) => {
      this.ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    this.refused = new Promise((resolve) => {
      this.ws.on('unexpected-response', (req, res) => {
        resolve(res.statusCode ?? 0)
        req.destroy()
      })
    })
    this.ws.on('message', (data: Buffer, isBinary) => {
      this.messages.push(isBinary ? data : data.toString())
      this.wake?.()
    })
  }

  async message(): Promise<string | Buffer> {
    while (this.messages.length === 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
    return this.messages.shift()!
  }
}

export function ok(body: WireReply['body'], headers: WireReply['headers'] = []): WireReply {
  return { status: 200, headers, body }
}

/** A promise and what settles it. */
export function promised<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** One piece a turn. */
export function streamOf(pieces: readonly string[]): ReadableStream<Uint8Array> {
  const left = pieces.slice()
  return new ReadableStream({
    async pull(controller) {
      await turn()
      const piece = left.shift()
      if (piece === undefined) controller.close()
      else controller.enqueue(Buffer.from(piece))
    },
  })
}
