// One daemon a root, from its first moment to its last. The control socket alone cannot say so: of two that start in one
// instant, each may find that nobody answers on it yet.
import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'

/**
 * Binds a socket in Linux's abstract namespace, which is atomic, leaves no file and ends with the process, however that ends.
 * Nothing is said on it. `root` is a real path. Throws YARD_RUNNING.
 */
export async function holdRoot(root: string): Promise<{ letGo(): Promise<void> }> {
  const server = createServer((client) => client.destroy())
  const name = `edgeyard:${createHash('sha256').update(root).digest('hex').slice(0, 32)}`
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
