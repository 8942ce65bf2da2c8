// Debuggers for a running server: asked for by a signal, on a Unix socket in the sandbox's folder, never on a port.
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { DEBUG_SIGNAL, DEBUG_SOCKET } from '../../contract/debug.ts'
import type { Logger } from '../../log/logger.ts'

export interface DebugThreadData {
  readonly socketPath: string
  readonly release: string
  readonly title: string
}

export type FromDebugThread =
  | { readonly type: 'listening' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'attached'; readonly debuggers: number }

export interface DebuggerOptions {
  /** The sandbox's folder, absolute. */
  readonly prefix: string
  /** Absolute; asked each time, as a reload may have changed it. */
  release(): string
  readonly logger: Logger
  /** With each that comes or goes: limits of time do not count while one is there. */
  onAttached(debuggers: number): void
}

/** Opens on DEBUG_SIGNAL, for as long as somebody debugs. Costs nothing before. */
export function takeDebuggers(options: DebuggerOptions): void {
  let thread: Worker | undefined
  // Without a listener Node would open a port for it.
  process.on('SIGUSR1', () => {})
  process.on(DEBUG_SIGNAL, () => {
    if (thread !== undefined) return
    thread = start(options)
    thread.once('exit', () => {
      thread = undefined
      options.onAttached(0)
    })
  })
}

function start({ prefix, release, logger, onAttached }: DebuggerOptions): Worker {
  const workerData: DebugThreadData = {
    socketPath: join(prefix, DEBUG_SOCKET),
    release: release(),
    title: prefix.split('/').slice(-2).join(' '),
  }
  const thread = new Worker(new URL('./debug-thread.js', import.meta.url), { workerData, execArgv: [] })
  // The server ends when it has nothing else to do.
  thread.unref()
  thread.on('message', (message: FromDebugThread) => {
    if (message.type === 'listening') {
      logger.write({ severity: 'notice', message: `debuggers may attach at ${DEBUG_SOCKET}` })
    } else if (message.type === 'attached') {
      onAttached(message.debuggers)
      logger.write({ severity: 'notice', message: `${message.debuggers} debuggers are attached` })
    } else if (message.type === 'failed') {
      logger.write({ severity: 'error', message: `Cannot take debuggers: ${message.message}` })
    }
  })
  thread.on('error', (error) =>
    logger.write({ severity: 'error', message: `The debugger's thread has ended: ${error}` }),
  )
  return thread
}
