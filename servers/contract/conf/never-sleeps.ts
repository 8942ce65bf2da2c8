// A server with `idle_stop` that nobody can stop and start again unnoticed.
import { sharesPort } from '../engine.ts'
import type { Conf } from './conf.ts'

/**
 * Why the server never sleeps although its conf sets `idle_stop`, and what to do about it; null where it does, or need not. A yard holds
 * the ports of one that sleeps: ports that can be shared, and who connects to a file wakes nobody.
 */
export function neverSleeps({ idleStopMs, engine, servers }: Conf): { message: string; hint: string } | null {
  if (idleStopMs === 0) return null
  const never = 'idle_stop does nothing here, it never sleeps'
  if (!sharesPort(engine)) {
    const version = process.versions.node
    const message = `${never}: the engine "${engine}" of Node ${version} cannot share its port with who holds it meanwhile`
    return { message, hint: 'use the engine uws, or Node 22.12 or later' }
  }
  const addresses = servers.flatMap(({ listens }) => listens.map(({ address }) => address))
  const file = addresses.find((address) => !('port' in address))
  if (file === undefined) return null
  const message = `${never}: it listens on a Unix socket, too, which nobody can hold meanwhile`
  return { message, hint: 'listen on ports only' }
}
