// The viewer as one thing that starts and stops.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tailYard } from '../ingest/tail-yard.ts'
import { createHandler } from './create-handler.ts'
import { TailClients } from './tail-clients.ts'
import { createTlsServer } from './tls-server.ts'

export interface Viewer {
  readonly port: number
  /** Ends the tails and every connection. */
  close(): Promise<void>
}

/** Listens and follows. Rejects when it cannot listen. Port 0 takes a free one. */
export async function createViewer(options: {
  root: string
  host: string
  port: number
  /** A PEM file with certificate and key: then it speaks TLS. */
  tls?: string | undefined
}): Promise<Viewer> {
  const { root, host, port } = options
  const tls = options.tls === undefined ? null : createTlsServer(options.tls)
  const clients = new TailClients()
  const tail = await tailYard(root, (records) => clients.report(records))
  const health = () => ({ status: 'ok', files: tail.files, clients: clients.count })
  const handler = createHandler({ root, host, clients, health, isOurName: tls?.isOurName })
  const server = tls?.server.on('request', handler) ?? createServer(handler)
  const close = async () => {
    tls?.close()
    clients.close()
    await tail.close()
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (error) {
    await close()
    throw error
  }
  return { port: (server.address() as AddressInfo).port, close }
}
