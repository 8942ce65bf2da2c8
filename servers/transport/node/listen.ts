// Taking an address on node:net, which only from Node 23.1 (and 22.12) on can share one with another process.
import type { Server } from 'node:http'
import type { AddressInfo, ListenOptions } from 'node:net'
import { sharesPort } from '../../contract/engine.ts'
import { EdgeyardError, messageOf } from '../../contract/errors.ts'

/** How often, and for how long, a port that somebody holds is tried again. */
const RETRY_MS = 10
const PATIENCE_MS = 3000

/** Rejects with PORT_TAKEN when the port is still held after `patienceMs`. */
export async function listen(
  server: Server,
  { host, port }: { host: string; port: number },
  patienceMs: number = PATIENCE_MS,
): Promise<number> {
  for (let tries = Math.ceil(patienceMs / RETRY_MS); ; tries--) {
    try {
      const shared = sharesPort('node') ? { reusePort: true } : { exclusive: true }
      await listenOnce(server, { host, port, ...shared })
      return (server.address() as AddressInfo).port
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      const where = `${host}:${port}`
      if (!taken)
        throw new EdgeyardError('SERVICE_FAILED', `Cannot listen on ${where}: ${messageOf(error)}`, { cause: error })
      if (tries <= 0) {
        throw new EdgeyardError('PORT_TAKEN', `Cannot listen on ${where}: another program holds it`, { cause: error })
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

/** Rejects with the system's own error. */
export function listenOnce(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      server.off('listening', listening)
      reject(error)
    }
    const listening = () => {
      server.off('error', failed)
      resolve()
    }
    server.once('error', failed)
    server.once('listening', listening)
    server.listen(options)
  })
}
