// The door of servers/transport: a server's network, on the engine that its conf names.
import type { Transport, TransportOptions } from './port.ts'
import { checkSocketLimits } from './socket-limits.ts'
import { readTls } from './tls-files.ts'

/**
 * Creates a transport that does not listen yet. Only the engine that is asked for is loaded. Rejects with a RangeError for
 * limits that cannot be kept, with TLS_INVALID, and with the loader's own error when the engine's binary does not fit this
 * machine.
 *
 *     const transport = await createTransport({
 *       engine: 'uws', connectionsMax: 1024, socketLimitsMax, timeouts: DEFAULT_TIMEOUTS, compression: false, handlers,
 *     })
 *     const port = await transport.listen({ host: '127.0.0.1', port: 0 })
 *     await transport.drain()
 */
export async function createTransport(options: TransportOptions): Promise<Transport> {
  checkSocketLimits(options.socketLimitsMax)
  const tls = options.tls === undefined ? undefined : await readTls(options.tls, options.engine)
  if (options.engine === 'node') {
    const { createNodeTransport } = await import('./node/node-transport.ts')
    return createNodeTransport(options, tls)
  }
  const { createUwsTransport } = await import('./uws/uws-transport.ts')
  return createUwsTransport(options)
}

/** Loads an engine before it is needed. Rejects as {@link createTransport} does. */
export async function loadEngine(engine: TransportOptions['engine']): Promise<void> {
  if (engine === 'node') await import('./node/node-transport.ts')
  else await Promise.all([import('./uws/uws-transport.ts'), (await import('./uws/load-uws.ts')).loadUws()])
}
