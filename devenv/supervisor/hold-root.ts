// One daemon a root, from its first moment to its last. The control socket alone cannot say so: of two that start in one
// instant, each may find that nobody answers on it yet, and somebody may remove it.
import { createHash } from 'node:crypto'
import { readFile, realpath } from 'node:fs/promises'
import { createServer } from 'node:net'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { findSocketOwner } from '../exec/socket-owner.ts'

/**
 * Binds a socket in Linux's abstract namespace, which is atomic, leaves no file and ends with the process, however that ends.
 * Nothing is said on it. Throws YARD_RUNNING.
 */
export async function holdRoot(root: string): Promise<{ letGo(): Promise<void> }> {
  const server = createServer((client) => client.destroy())
  const name = await holdName(root)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(`\0${name}`, resolve)
  }).catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === 'EADDRINUSE' ? `a daemon of this yard is running (it has the socket @${name})` : messageOf(cause)
    throw new EdgeyardError('YARD_RUNNING', `Cannot take ${root}: ${why}`, { cause })
  })
  return { letGo: () => new Promise((resolve) => server.close(() => resolve())) }
}

/** Who holds a root, also one that does not listen on its control socket. Null: nobody. The pid is null where we may not look. */
export async function findHolder(root: string): Promise<{ pid: number | null } | null> {
  const sockets = await readFile('/proc/net/unix', 'latin1').catch(() => '')
  const name = `@${await holdName(root)}`
  const held = sockets.split('\n').find((line) => line.includes(name))
  if (held === undefined) return null
  const inode = held.trim().split(/\s+/)[6] ?? ''
  return { pid: (await findSocketOwner([inode]))?.pid ?? null }
}

/** However somebody calls the folder. */
async function holdName(root: string): Promise<string> {
  const real = await realpath(root).catch(() => root)
  return `edgeyard:${createHash('sha256').update(real).digest('hex').slice(0, 32)}`
}
