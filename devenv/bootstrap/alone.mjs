// One bootstrap at a time in a folder: two `npm ci`, or two builds, at once would each delete what the other one makes.
import { createHash } from 'node:crypto'
import { connect, createServer } from 'node:net'

/**
 * Resolves when nobody else is at work in `root`, with what lets the next one in. The lock is a socket of Linux's abstract
 * names: the kernel frees it when its holder ends, however that ends, so it never goes stale.
 */
export async function waitUntilAlone(root, say) {
  const name = `\0edgeyard-bootstrap-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`
  for (let told = false; ; told = true) {
    const release = await hold(name)
    if (release !== null) return release
    if (!told) say('Waiting for another npm start or npm test in this folder, which is still installing or building')
    await ended(name)
  }
}

/** Null when somebody else has it. */
function hold(name) {
  return new Promise((resolve, reject) => {
    const waiting = new Set()
    const server = createServer((socket) => {
      waiting.add(socket)
      // Whoever waits may be interrupted.
      socket.on('error', () => {}).on('close', () => waiting.delete(socket))
    })
    server.on('error', (error) => (error.code === 'EADDRINUSE' ? resolve(null) : reject(error)))
    server.listen(name, () =>
      resolve(() => {
        server.close()
        for (const socket of waiting) socket.destroy()
      }),
    )
  })
}

/** Resolves when the holder lets go; at once when it just has. */
function ended(name) {
  return new Promise((resolve) => {
    connect(name)
      .on('error', () => {})
      .on('close', resolve)
      .resume()
  })
}
