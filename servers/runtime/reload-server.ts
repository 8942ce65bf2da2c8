// SIGHUP: the conf and the scripts are read again. New before old: whatever is wrong with the new ones changes nothing.
import { setTimeout as elapse } from 'node:timers/promises'
import { isEdgeyardError } from '../contract/errors.ts'
import { type Generation, startGeneration, stopGeneration } from './generation.ts'
import { readConf } from './read-conf.ts'
import { restartNeeded } from './restart-needed.ts'
import type { Server } from './server.ts'
import { SocketSession } from './socket-session.ts'
import { beforeDeadline } from './start-deadline.ts'
import { renderFailure } from './test-conf.ts'
import { runStoppable } from './watchdog/stoppable.ts'

/** Never rejects. What it cannot change is named in the log. */
export async function reloadServer(server: Server): Promise<void> {
  const { listeners, logger, services } = server
  let next: Generation | undefined
  try {
    const read = readConf(server.place)
    const loaded = await runStoppable({ phase: 'load' }, () => server.load(read))
    next = loaded
    await beforeDeadline(runStoppable({ phase: 'start' }, () => startGeneration(loaded)))
    await listeners.prepare(next)
    await listeners.listen()
  } catch (thrown) {
    // Where a script was stopped is in its stack.
    if (isEdgeyardError(thrown) && thrown.code !== 'SCRIPT_CPU_LIMIT') {
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
  server.watchdog.limit(next.conf)
  for (const wire of listeners.sockets()) moveSession(wire.hold, next)
  for (const script of next.scripts.values()) script.beginTimers()
  const later = [...restartNeeded(server.begun, next.conf), ...listeners.stale(next)]
  if (later.length === 0) logger.write({ severity: 'notice', message: 'reloaded' })
  else logger.write({ severity: 'warn', message: `reloaded, but these need a restart: ${later.join(', ')}` })
  const deadline = elapse(next.conf.workerShutdownTimeoutMs, undefined, { ref: false })
  await stopGeneration(previous, 'reload', deadline)
}

/** An open socket keeps its data and gets the new hooks; where its script is gone, it keeps the old ones. */
function moveSession(session: unknown, next: Generation): void {
  if (!(session instanceof SocketSession)) return
  const script = next.scripts.get(session.script)
  if (script !== undefined) session.move(script.source.open(), next)
}
