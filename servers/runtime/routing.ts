// Which server answers: the one that names the Host, else the first of the address.
import type { ServerPlan } from './phases.ts'

/** By the Host header without its port, lower case. */
export type Router = (host: string) => ServerPlan

/** One router for the servers of one address; the first of them answers Hosts that none names. */
export function createRouter(servers: readonly ServerPlan[]): Router {
  const byName = new Map<string, ServerPlan>()
  for (const server of servers) {
    for (const name of server.conf.serverNames) {
      if (name.kind === 'exact' && !byName.has(name.name)) byName.set(name.name, server)
    }
  }
  const first = servers[0]!
  return (host) => byName.get(host) ?? first
}
