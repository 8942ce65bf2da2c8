// A syslog socket that takes records and forgets them.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export async function startSyslogSink(): Promise<{ readonly path: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-sink-'))
  const path = join(folder, 'log.sock')
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {}).on('close', () => open.delete(socket))
    socket.resume()
  }).listen(path)
  await once(server, 'listening')
  return {
    path,
    async stop() {
      for (const socket of open) socket.destroy()
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
