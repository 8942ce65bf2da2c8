// The server that is fuzzed: a transport whose handlers do everything the port offers, in a process of its own that may die.
import { createTransport } from '../transport/create-transport.ts'
import type { Exchange, SocketLimits, WireSocket } from '../transport/port.ts'
import { DEFAULT_TIMEOUTS } from '../transport/timeouts.ts'

/** What it says to whoever has started it. */
export type FromEchoServer =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'fault'; readonly error: string }
  | {
      readonly type: 'memory'
      readonly heapBytes: number
      readonly rssBytes: number
      readonly peakBytes: number
      readonly open: number
    }

const [engine] = process.argv.slice(2)
const LIMITS: SocketLimits = { maxPayloadBytes: 64 * 1024, maxBackpressureBytes: 256 * 1024, idleTimeoutS: 120 }
const BODY_BYTES_MAX = 100_000
const LARGE = Buffer.alloc(1024 * 1024, 'large ')

const transport = await createTransport({
  engine: engine === 'node' ? 'node' : 'uws',
  connectionsMax: 10_000,
  socketLimitsMax: LIMITS,
  // Short, so that what a client leaves open is over before the memory is looked at.
  timeouts: { ...DEFAULT_TIMEOUTS, clientHeaderMs: 2000, clientBodyMs: 2000, sendMs: 2000, keepaliveMs: 2000 },
  compression: true,
  handlers: {
    request: answer,
    async handshake(handshake) {
      if (handshake.head.query === 'late') await new Promise(setImmediate)
      handshake.accept({ hold: 0, limits: LIMITS, protocol: 'b', compression: true })
    },
    open: (socket) => socket.join('room'),
    message: react,
    drain() {},
    close() {},
    fault: (error) => say({ type: 'fault', error: error instanceof Error ? String(error.stack) : String(error) }),
  },
})

/** Requests whose handler has not ended. */
let handling = 0

async function answer(exchange: Exchange): Promise<void> {
  handling++
  const { path, query, headers } = exchange.head
  try {
    if (path === '/large') await exchange.reply({ status: 200, headers: [['X-Query', encodeURI(query)]], body: LARGE })
    else if (path === '/pipe') await exchange.reply({ status: 200, headers: [], body: exchange.stream(BODY_BYTES_MAX) })
    else if (path === '/stream')
      await exchange.reply({ status: 200, headers: [], body: new Blob([LARGE]).stream() as never })
    else if (path === '/late') {
      await new Promise(setImmediate)
      await exchange.reply({ status: 204, headers: [], body: undefined })
    } else if (path === '/echo')
      await exchange.reply({ status: 200, headers: [], body: await exchange.body(BODY_BYTES_MAX) })
    else await exchange.reply({ status: 200, headers: [], body: String(headers.length) })
  } catch (error) {
    // A body that is too large, too slow or gone; anything else is a fault.
    if (!(error instanceof Error && error.name === 'BodyError')) throw error
    await exchange.reply({ status: 400, headers: [], body: error.message })
  } finally {
    handling--
  }
}

function react(socket: WireSocket, data: string | Uint8Array): void {
  if (data === 'leave') socket.leave('room')
  else if (data === 'publish') transport.publish('room', data)
  else if (data === 'close') socket.close(4000, data)
  else socket.send(data)
}

function say(message: FromEchoServer): void {
  process.send?.(message)
}

process.on('message', () => {
  globalThis.gc?.()
  const { heapUsed, rss, external } = process.memoryUsage()
  const [heapBytes, peakBytes] = [heapUsed + external, process.resourceUsage().maxRSS * 1024]
  say({ type: 'memory', heapBytes, rssBytes: rss, peakBytes, open: transport.connections + handling })
})
process.on('disconnect', () => process.exit(0))
say({ type: 'listening', port: await transport.listen({ host: '127.0.0.1', port: 0 }) })
