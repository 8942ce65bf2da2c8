// Whether anybody uses a server. A yard stops one that nobody uses, where `idle_stop` says so.
import type { Server } from './server.ts'

/** How often it is looked within an `idle_stop`: an idle server is found at most one look too late. */
const LOOKS = 5

/**
 * Calls `onIdle` when there has been no connection, no request and no job for `idle_stop`, and again after each time as long.
 * A timer of the script is no use of it: it ends with the server, as at every stop.
 */
export function watchIdle({ begun, listeners, services, logger }: Server, onIdle: () => void): void {
  if (begun.idleStopMs === 0) return
  let asked = 0
  let quietLooks = 0
  let told = false
  const look = () => {
    const use = listeners.use()
    if (use.connections > 0 || use.asked !== asked || services.jobs.size > 0) {
      asked = use.asked
      quietLooks = 0
      told = false
      return
    }
    if (++quietLooks < LOOKS) return
    quietLooks = 0
    if (!told) {
      logger.write({ severity: 'info', message: `nobody has been connected for ${begun.idleStopMs / 1000} s` })
    }
    told = true
    onIdle()
  }
  // It keeps nothing alive.
  setInterval(look, begun.idleStopMs / LOOKS).unref()
}
