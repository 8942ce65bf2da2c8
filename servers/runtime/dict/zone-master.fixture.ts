// A master of zones for tests: in a thread, because those who ask it wait in place.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { createMemoryZones } from './memory-zones.ts'
import { createRemoteZones } from './remote-zones.ts'
import { ZoneServer } from './serve-zones.ts'

/** What a worker that was stopped in a change may cost others here. */
export const ZONE_MASTER_PATIENCE_MS = 250

interface Task {
  readonly path: string
  readonly clock: Float64Array
  readonly ticking: boolean
  /** Serve, or count so often. */
  readonly count: number | undefined
}

export interface ZoneMaster {
  /** Its time in milliseconds. */
  readonly clock: Float64Array
  /** A descriptor that leads to it. */
  connect(): Promise<number>
  hangUp(fd: number): void
  /** Counts in a thread of its own, as another worker would. Resolves with how often. */
  count(times: number): Promise<number>
  /** As if it were killed. */
  die(): Promise<void>
  stop(): Promise<void>
}

/** Its clock stands still at 0 until somebody moves it; a `ticking` one is real. */
export async function startZoneMaster({ ticking = false } = {}): Promise<ZoneMaster> {
  const folder = mkdtempSync(join(tmpdir(), 'zones-'))
  const path = join(folder, 'master.sock')
  const clock = new Float64Array(new SharedArrayBuffer(8))
  const start = (count?: number) =>
    new Worker(fileURLToPath(import.meta.url), { workerData: { path, clock, ticking, count } satisfies Task })
  const server = start()
  await once(server, 'message')
  const sockets = new Map<number, Socket>()
  return {
    clock,
    async connect() {
      const [socket, fd] = await connectTo(path)
      sockets.set(fd, socket)
      return fd
    },
    hangUp: (fd) => void sockets.get(fd)?.destroy(),
    async count(times) {
      const [counted] = await once(start(times), 'message')
      return counted as number
    },
    async die() {
      await server.terminate()
    },
    async stop() {
      await server.terminate()
      for (const socket of sockets.values()) socket.destroy()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Node does not read from it: who has the descriptor does. */
async function connectTo(path: string): Promise<[socket: Socket, fd: number]> {
  const socket = connect(path)
  socket.pause()
  socket.on('error', () => {})
  await once(socket, 'connect')
  return [socket, (socket as unknown as { _handle: { fd: number } })._handle.fd]
}

if (!isMainThread) {
  const { parentPort } = await import('node:worker_threads')
  const { path, clock, ticking, count } = workerData as Task
  if (count === undefined) {
    const zones = new ZoneServer(createMemoryZones(ticking ? undefined : () => clock[0]!), ZONE_MASTER_PATIENCE_MS)
    const server = createServer((socket) => zones.add(socket))
    server.listen(path, () => parentPort!.postMessage('ready'))
  } else {
    const [socket, fd] = await connectTo(path)
    const zone = createRemoteZones(fd).open('counts', 10_000)
    for (let i = 0; i < count; i++) {
      zone.update('n', (current) => ({ text: String(Number(current ?? 0) + 1), ttlMs: undefined }))
    }
    parentPort!.postMessage(count)
    socket.destroy()
  }
}
