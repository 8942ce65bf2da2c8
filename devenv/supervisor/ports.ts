// Whether a port is free, and who has it when it is not.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { findSocketOwner } from '../exec/socket-owner.ts'

/** Throws PORT_TAKEN, with the pid and name of who has it where that can be found. `what` is whom the port is for. */
export async function requireFreePort(host: string, port: number, what: string): Promise<void> {
  const code = await tryToListen(host, port)
  if (code === null) return
  if (code !== 'EADDRINUSE') {
    throw new EdgeyardError('PORT_TAKEN', `Cannot use ${host}:${port} for ${what}: ${code}`)
  }
  const owner = await findListener(port)
  const by = owner === null ? 'another process' : `pid ${owner.pid} (${owner.name})`
  throw new EdgeyardError('PORT_TAKEN', `Cannot use port ${port} for ${what}: it is in use by ${by}`)
}

export async function isPortFree(host: string, port: number): Promise<boolean> {
  return (await tryToListen(host, port)) === null
}

/** The code of the error, null when it can be listened on. */
function tryToListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  })
}

const LISTENING = '0A'

/** The process that listens on a TCP port, as far as we may look. */
async function findListener(port: number): Promise<{ pid: number; name: string } | null> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'latin1').catch(() => '')),
  )
  const inodes = tables.flatMap((table) =>
    table
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === LISTENING)
      .map((fields) => fields[9] ?? ''),
  )
  return await findSocketOwner(inodes)
}
