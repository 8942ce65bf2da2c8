// The end of a server. Graceful: what is under way finishes, sockets are sent on, `stop` hooks run, all inside
// `worker_shutdown_timeout`. Fast: the same in a moment.
import { setTimeout as elapse } from 'node:timers/promises'
import { closeSocketsNow, closeSocketsOver } from './close-sockets.ts'
import { stopGeneration } from './generation.ts'
import type { Server } from './server.ts'

/** Of `worker_shutdown_timeout`: when the last socket is closed, and when connections are cut. The rest is for `stop` hooks. */
const SOCKETS_CLOSED_SHARE = 0.7
const CONNECTIONS_SHARE = 0.9
/** A fast stop lets close frames leave, and gives hooks a moment to write down what they hold. */
const FAST_CONNECTIONS_MS = 300
const FAST_HOOKS_MS = 2000
const LOG_FLUSH_MS = 1000

/** Resolves when nothing is left to be done but to exit. `hurry` turns a graceful stop into a fast one. */
export async function stopServer(server: Server, how: 'graceful' | 'fast', hurry: Promise<void>): Promise<void> {
  const { listeners, services, logger, live } = server
  const begunAt = performance.now()
  const windowMs = how === 'graceful' ? live.conf.workerShutdownTimeoutMs : FAST_CONNECTIONS_MS + FAST_HOOKS_MS
  server.exiting = true
  logger.write({ severity: 'notice', message: how === 'graceful' ? 'gracefully shutting down' : 'exiting' })
  for (const script of live.scripts.values()) script.endTimers()

  const drained = listeners.drain(server.tellLetGo).then(() => services.jobs.idle())
  if (how === 'graceful') {
    const endClosing = closeSocketsOver(windowMs * SOCKETS_CLOSED_SHARE, () => listeners.sockets())
    await firstOf(windowMs * CONNECTIONS_SHARE, drained, hurry)
    endClosing()
  }
  closeSocketsNow(listeners.sockets())
  services.aborts.abortAll(new Error('The server stops'))
  await firstOf(FAST_CONNECTIONS_MS, drained)
  listeners.destroy()

  const leftMs = Math.max(windowMs - (performance.now() - begunAt), windowMs * (1 - CONNECTIONS_SHARE))
  // Hurry leaves hooks the time that a fast stop has.
  const hurried = hurry.then(() => elapse(FAST_HOOKS_MS))
  await stopGeneration(live, 'quit', Promise.race([elapse(leftMs), hurried]))
  services.zones.close()
  server.removePidFile()
  await services.accessLogs.close(LOG_FLUSH_MS)
  logger.write({ severity: 'notice', message: 'exit' })
  await logger.close(LOG_FLUSH_MS)
}

/** Resolves with the first of the promises, or after `ms`. */
async function firstOf(ms: number, ...promises: Promise<unknown>[]): Promise<void> {
  const timer = new AbortController()
  await Promise.race([...promises, elapse(ms, undefined, { signal: timer.signal }).catch(() => {})])
  timer.abort()
}
