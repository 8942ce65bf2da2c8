// The server that is fuzzed, seen from outside: whether it lives, answers, and gives back what it took.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { FromEchoServer } from './echo-server.ts'
import type { WireInput } from './http-inputs.ts'

const PROGRAM = fileURLToPath(new URL('./echo-server.js', import.meta.url))
/** A server that answers nobody for so long hangs. */
const HEALTH_MS = 5000
/** How long a client that lingers waits for the next byte. */
const LINGER_MS = 15
/** Longer than any timeout of the server and its engine. */
const IDLE_MS = 16_000
/** What is given back only bit by bit is not kept: the least of so many looks counts. */
const MEMORY_LOOKS = 8

type Told = Extract<FromEchoServer, { type: 'memory' }>

export interface Memory {
  readonly heapBytes: number
  readonly rssBytes: number
  /** The most that was ever resident. */
  readonly peakBytes: number
}

export class FuzzedServer {
  /** What it has told of itself: faults, or its end. */
  trouble: string | undefined
  #toldMemory: ((told: Told | undefined) => void) | undefined
  readonly #child: ChildProcess
  readonly #port: number

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.#port = port
    let stderr = ''
    child.stderr?.on('data', (text) => {
      stderr = (stderr + text).slice(-4000)
    })
    child.on('message', (message: FromEchoServer) => {
      if (message.type === 'fault') this.trouble ??= `a fault of the transport: ${message.error}`
      else if (message.type === 'memory') this.#toldMemory?.(message)
    })
    child.once('exit', (code, signal) => {
      this.trouble ??= `it ended with ${signal ?? code}\n${stderr}`
      this.#toldMemory?.(undefined)
    })
  }

  static async start(engine: 'uws' | 'node'): Promise<FuzzedServer> {
    const child = fork(PROGRAM, [engine], { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
    const [message] = (await once(child, 'message')) as [FromEchoServer]
    if (message.type !== 'listening') throw new Error(`Heard ${JSON.stringify(message)}`)
    return new FuzzedServer(child, message.port)
  }

  /** Resolves when the client has gone. */
  async send({ writes, end }: WireInput): Promise<void> {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    let heard = 0
    socket.on('data', () => heard++)
    socket.on('error', () => {})
    const closed = once(socket, 'close').catch(() => {})
    for (const bytes of writes) {
      if (socket.destroyed) break
      socket.write(bytes, 'latin1')
      await new Promise(setImmediate)
    }
    if (end === 'linger') {
      for (let before = -1; before !== heard && !socket.destroyed; ) {
        before = heard
        await new Promise((resolve) => setTimeout(resolve, LINGER_MS))
      }
    }
    if (end === 'reset') socket.resetAndDestroy()
    else socket.destroySoon()
    // The server may have more to say than it is worth waiting for.
    const timer = setTimeout(() => socket.destroy(), 1000)
    await closed
    clearTimeout(timer)
  }

  /** What is wrong with it; undefined when a new client is answered and nothing was told. */
  async check(): Promise<string | undefined> {
    if (this.trouble !== undefined) return this.trouble
    const answered = await this.#isHealthy()
    return this.trouble ?? (answered ? undefined : `it answers nobody within ${HEALTH_MS} ms`)
  }

  /** After everybody has gone. Undefined when some connection or request never ends. */
  async memory(): Promise<Memory | undefined> {
    let least: Memory | undefined
    let looks = 0
    for (const since = performance.now(); performance.now() - since < IDLE_MS && this.trouble === undefined; ) {
      const told = await new Promise<Told | undefined>((resolve) => {
        this.#toldMemory = resolve
        this.#child.send('memory')
      })
      if (told?.open === 0 && (least === undefined || told.heapBytes < least.heapBytes)) least = told
      if (told?.open === 0 && ++looks === MEMORY_LOOKS) return least
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    return undefined
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }

  #isHealthy(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ port: this.#port, host: '127.0.0.1' })
      const told = (healthy: boolean) => {
        clearTimeout(timer)
        socket.destroy()
        resolve(healthy)
      }
      const timer = setTimeout(() => told(false), HEALTH_MS)
      socket.once('error', () => told(false))
      socket.once('close', () => told(false))
      socket.once('data', (bytes) => told(bytes.toString().startsWith('HTTP/1.1 200 ')))
      socket.write('GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    })
  }
}
