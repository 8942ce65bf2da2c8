// A real edge-server process for a test, spoken to over its channel as a supervisor does.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Begin, type FromServer, parseFromServer } from '../contract/channel.ts'
import { EDGE_SERVER_NODE_FLAGS, EDGE_SERVER_PROGRAM } from '../contract/edge-server.ts'
import { createLines, type Lines } from './lines.ts'

const PROGRAM = fileURLToPath(new URL(`../../../${EDGE_SERVER_PROGRAM}`, import.meta.url))

export interface EdgeServer {
  readonly pid: number
  /** What it has written to stderr; its records are there, too. */
  readonly log: Lines
  /** The next message of its channel. */
  heard(): Promise<FromServer>
  /** Says the word to one that waits for its release. */
  begin(release: string): void
  /** Says the word, and which process it is, and resolves with the port. */
  listen(pid?: number): Promise<number>
  signal(signal: NodeJS.Signals): void
  /** Nobody reads its stderr any more. */
  closeLog(): void
  /** The end of the supervisor, as far as the server can see it. */
  hangUp(): void
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Ends it, whatever state it is in. */
  kill(): Promise<void>
}

/** Starts it without a word to listen. `waits`: and, for long, without a word of its release. */
export function bootEdgeServer(prefix: string, env: Record<string, string> = {}, waits = false): EdgeServer {
  const words = ['-p', prefix, '--channel', ...(waits ? ['--wait', '--preload'] : [])]
  const child = spawn(process.execPath, [...EDGE_SERVER_NODE_FLAGS, PROGRAM, ...words], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, NODE_ENV: 'production', UWS_HTTP_MAX_HEADERS_SIZE: '16384', ...env },
  })
  const log = createLines(child.stderr!)
  const channel = child.stdio[3] as Socket
  const heard = createLines(channel)
  const ended = endOf(child)
  let next = 0
  const server: EdgeServer = {
    pid: child.pid!,
    log,
    ended,
    async heard() {
      const line = await heard.nth(next++)
      return parseFromServer(line)
    },
    begin(release) {
      channel.write(`${JSON.stringify({ type: 'begin', release, name: 'test' } satisfies Begin)}\n`)
    },
    async listen(pid) {
      channel.write(`${JSON.stringify({ type: 'listen', pid })}\n`)
      const message = await server.heard()
      if (message.type !== 'listening') throw new Error(`Heard ${JSON.stringify(message)}`)
      return message.port
    },
    signal: (signal) => child.kill(signal),
    closeLog: () => child.stderr!.destroy(),
    hangUp: () => channel.destroy(),
    async kill() {
      child.kill('SIGKILL')
      channel.destroy()
      await ended
    },
  }
  return server
}

export interface ServingEdgeServer extends EdgeServer {
  readonly port: number
  readonly url: string
}

/** Starts it and waits until it listens. */
export async function startEdgeServer(prefix: string, env?: Record<string, string>): Promise<ServingEdgeServer> {
  return await letServe(bootEdgeServer(prefix, env))
}

/** Waits until it is ready, and then until it listens. */
export async function letServe(server: EdgeServer): Promise<ServingEdgeServer> {
  const message = await server.heard()
  if (message.type !== 'ready') throw new Error(`The server is not ready: ${JSON.stringify(message)}`)
  const port = await server.listen()
  return Object.assign(server, { port, url: `http://127.0.0.1:${port}` })
}

/** Runs the program to its end, for `-t` and its like. */
export async function runEdgeServer(
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [...EDGE_SERVER_NODE_FLAGS, PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (piece) => {
    stdout += piece
  })
  child.stderr.on('data', (piece) => {
    stderr += piece
  })
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

async function endOf(child: ChildProcess) {
  const [code, signal] = await once(child, 'exit')
  return { code, signal }
}
