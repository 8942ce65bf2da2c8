// A server of the takeover test: answers every request with its generation, takes over when it is told, drains when it is told.
import { createTransport } from '../create-transport.ts'
import { DEFAULT_TIMEOUTS } from '../timeouts.ts'

/** What the parent says; the process exits when it has drained. */
export type Order = { readonly listen: number } | { readonly drain: true }

const [engine, generation = ''] = process.argv.slice(2)
const limits = { maxPayloadBytes: 1024, maxBackpressureBytes: 1024, idleTimeoutS: 120 }
const transport = await createTransport({
  engine: engine === 'node' ? 'node' : 'uws',
  connectionsMax: 1000,
  socketLimitsMax: limits,
  timeouts: DEFAULT_TIMEOUTS,
  compression: false,
  handlers: {
    request(exchange) {
      setImmediate(() => exchange.reply({ status: 200, headers: [], body: `${generation} ${exchange.head.query}` }))
    },
    handshake: (handshake) => void handshake.refuse({ status: 404, headers: [], body: '' }),
    open() {},
    message() {},
    drain() {},
    close() {},
    fault(error) {
      console.error(error)
      process.exit(1)
    },
  },
})

process.on('message', async (order: Order) => {
  if ('listen' in order) {
    const port = await transport.listen({ host: '127.0.0.1', port: order.listen })
    process.send?.({ port })
  } else {
    await transport.drain()
    process.exit(0)
  }
})
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true })
