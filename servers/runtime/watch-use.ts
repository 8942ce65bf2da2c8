// Whether anybody uses a server. A yard stops one that nobody uses, where `idle_stop` says so.
import type { Logger } from '../log/logger.ts'
import type { Server } from './server.ts'

/** How often it is looked within an `idle_stop`, at least: an idle server is found at most one look too late. */
const LOOKS = 5
/** So soon it is seen that it is used again: of several workers one can be while the last of the others becomes idle. */
const LOOK_MS_MAX = 1000

export interface UseEvents {
  /** Again and again, after each `idle_stop` without use; `again`: nobody has come since the last time. */
  onIdle(again: boolean): void
  /** It has been idle, and is not any more. */
  onUsed(): void
}

/**
 * There is no use where there has been no connection, no request and no job for `idle_stop`. A timer of the script is none: it ends
 * with the server, as at every stop.
 */
export function watchUse({ begun, listeners, services }: Server, { onIdle, onUsed }: UseEvents): void {
  if (begun.idleStopMs === 0) return
  const lookMs = Math.min(begun.idleStopMs / LOOKS, LOOK_MS_MAX)
  const looks = Math.ceil(begun.idleStopMs / lookMs)
  let asked = 0
  let quietLooks = 0
  let told = false
  const look = () => {
    const use = listeners.use()
    if (use.connections > 0 || use.asked !== asked || services.jobs.size > 0) {
      if (told) onUsed()
      asked = use.asked
      quietLooks = 0
      told = false
      return
    }
    if (++quietLooks < looks) return
    quietLooks = 0
    onIdle(told)
    told = true
  }
  // It keeps nothing alive.
  setInterval(look, lookMs).unref()
}

export function noteIdle(logger: Logger, { idleStopMs }: { readonly idleStopMs: number }): void {
  logger.write({ severity: 'info', message: `nobody has been connected for ${idleStopMs / 1000} s` })
}
