// The one place where a process of ours starts another: a worker, by the same program and words as its master.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import {
  CHANNEL_FD,
  CHANNEL_LINE_BYTES_MAX,
  type FromServer,
  parseFromServer,
  type ToServer,
} from '../../contract/channel.ts'
import { ZONES_FD } from '../dict/remote-zones.ts'
import { HUB_FD } from './publish-hub.ts'
import { type WorkerIdentity, workerVariables } from './worker-identity.ts'

export interface WorkerEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface WorkerProcess {
  readonly id: number
  readonly pid: number
  readonly hub: Socket
  readonly zones: Socket
  readonly startedAt: number
  readonly ended: Promise<WorkerEnd>
  /** What it says on its channel, one after the other; undefined when it has ended. */
  heard(): Promise<FromServer | undefined>
  tell(message: ToServer): void
  signal(signal: NodeJS.Signals): void
}

/** Of the words that we were started with: these are not for a worker, whose release is known. */
const NOT_A_WORKERS = new Set(['--channel', '--wait', '--preload'])

/** Its output is ours. Its channel is a supervisor's, so it waits for the word to listen. */
export function startWorker(identity: WorkerIdentity): WorkerProcess {
  const words = process.argv.slice(1).filter((word) => !NOT_A_WORKERS.has(word))
  const child = spawn(process.execPath, [...process.execArgv, ...words, '--channel'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...workerVariables(identity) },
  })
  const channel = child.stdio[CHANNEL_FD] as Socket
  const hub = child.stdio[HUB_FD] as unknown as Socket
  // Of ours: a worker's own end blocks, because it waits there.
  const zones = (child.stdio as unknown[])[ZONES_FD] as Socket
  for (const socket of [channel, hub, zones]) socket.on('error', () => {})
  const ended = new Promise<WorkerEnd>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }))
    child.on('error', () => resolve({ code: 1, signal: null }))
  })
  const lines = readMessages(channel)
  return {
    id: identity.id,
    pid: child.pid ?? 0,
    hub,
    zones,
    startedAt: performance.now(),
    ended,
    heard: () => Promise.race([lines(), ended.then(() => undefined)]),
    tell: (message) => void channel.write(`${JSON.stringify(message)}\n`),
    signal: (signal) => void child.kill(signal),
  }
}

function readMessages(socket: Socket): () => Promise<FromServer | undefined> {
  const waiting: FromServer[] = []
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (piece: string) => {
    const parts = (rest + piece).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) waiting.push(parseFromServer(line))
    if (rest.length > CHANNEL_LINE_BYTES_MAX) socket.destroy()
    socket.emit('said')
  })
  return async () => {
    while (waiting.length === 0) await once(socket, 'said')
    return waiting.shift()
  }
}
