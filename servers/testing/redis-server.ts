// A real redis-server for a test, on a port that the system gives.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLines } from './lines.ts'

export interface RedisServer {
  readonly port: number
  /** Ends it and starts it again on the same port, with its data. */
  restart(): Promise<void>
  /** Runs `work` while it does not answer. */
  paused(work: () => Promise<void>): Promise<void>
  /** A port on which nobody listens. */
  freePort(): Promise<number>
  stop(): Promise<void>
}

export async function startRedis(password: string): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-redis-'))
  const port = await freePort()
  let child = await start()

  async function start(): Promise<ChildProcess> {
    const started = spawn(
      'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--requirepass', password, '--dir', folder, '--save', ''],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    )
    await createLines(started.stdout!).until(/Ready to accept connections/)
    return started
  }
  async function stop(): Promise<void> {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  return {
    port,
    freePort,
    async restart() {
      await stop()
      child = await start()
    },
    async paused(work) {
      child.kill('SIGSTOP')
      try {
        await work()
      } finally {
        child.kill('SIGCONT')
      }
    },
    async stop() {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
