// The signals of an edge-server, as nginx has them.
import { reloadServer } from './reload-server.ts'
import type { Server } from './server.ts'
import { stopServer } from './stop-server.ts'

export interface Signals {
  /** Resolves when a signal has stopped the server. */
  readonly ended: Promise<'ended'>
  /** Resolves when somebody wants a stop to be fast. */
  readonly hurry: Promise<void>
}

/** QUIT: graceful. TERM, INT: fast. HUP: reload. USR1: access logs are opened anew. */
export function handleSignals(server: Server): Signals {
  let hurryUp = () => {}
  let end = (_word: 'ended') => {}
  const hurry = new Promise<void>((resolve) => {
    hurryUp = resolve
  })
  const ended = new Promise<'ended'>((resolve) => {
    end = resolve
  })
  const stop = (how: 'graceful' | 'fast') => {
    if (how === 'fast') hurryUp()
    if (!server.exiting) void stopServer(server, how, hurry).then(() => end('ended'))
  }
  let reloading = Promise.resolve()
  process.on('SIGQUIT', () => stop('graceful'))
  process.on('SIGTERM', () => stop('fast'))
  process.on('SIGINT', () => stop('fast'))
  // Without a listener this signal would open the inspector's port to every process of the same user.
  process.on('SIGUSR1', () => {
    server.logger.write({ severity: 'notice', message: 'reopening logs' })
    server.services.accessLogs.reopen()
  })
  process.on('SIGHUP', () => {
    reloading = reloading.then(() => (server.exiting ? undefined : reloadServer(server)))
  })
  return { ended, hurry }
}
