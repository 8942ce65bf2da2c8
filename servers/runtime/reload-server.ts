// SIGHUP: the conf and the scripts are read again. New before old: whatever is wrong with the new ones changes nothing.
import { setTimeout as elapse } from 'node:timers/promises'
import { isEdgeyardError } from '../contract/errors.ts'
import { type Generation, startGeneration, stopGeneration } from './generation.ts'
import { readConf } from './read-conf.ts'
import type { Server } from './server.ts'
import { SocketSession } from './socket-session.ts'
import { renderFailure } from './test-conf.ts'

/** Never rejects. `engine`, `worker_connections`, `error_log` and `pid` are those of the process until it is restarted. */
export async function reloadServer(server: Server): Promise<void> {
  const { listeners, logger, services } = server
  let next: Generation | undefined
  try {
    next = server.load(readConf(server.place))
    await startGeneration(next)
    await listeners.prepare(next)
    await listeners.listen()
  } catch (thrown) {
    if (isEdgeyardError(thrown)) {
      logger.write({ severity: 'error', message: `reload failed, nothing has changed: ${renderFailure(thrown)}` })
    } else services.faults.report(thrown, { phase: 'reload', note: 'reload failed, nothing has changed' })
    listeners.keepOnly(server.live)
    await next?.stores.close()
    return
  }
  if (server.exiting) return
  const previous = server.live
  server.live = next
  listeners.keepOnly(next)
  for (const wire of listeners.sockets()) moveSession(wire.hold, next)
  for (const script of next.scripts.values()) script.beginTimers()
  logger.write({ severity: 'notice', message: 'reloaded' })
  const deadline = elapse(next.conf.workerShutdownTimeoutMs, undefined, { ref: false })
  await stopGeneration(previous, 'reload', deadline)
}

/** An open socket keeps its data and gets the new hooks; where its script is gone, it keeps the old ones. */
function moveSession(session: unknown, next: Generation): void {
  if (!(session instanceof SocketSession)) return
  const script = next.scripts.get(session.script)
  if (script !== undefined) session.move(script.source.open(), next.stores)
}
