// Which location answers: the server by its name in the Host header, then `location =`, then the longest prefix.
import type { LocationConf, ServerConf } from '../contract/conf/conf.ts'

export interface Route {
  readonly server: ServerConf
  readonly location: LocationConf
}

export type Router = (host: string, path: string) => Route | undefined

/** One router for the servers of one address; the first of them answers Hosts that none names. */
export function createRouter(servers: readonly ServerConf[]): Router {
  const byName = new Map<string, Finder>()
  const finders = servers.map((server) => createFinder(server))
  for (const [index, server] of servers.entries()) {
    for (const name of server.serverNames) {
      const lower = name.toLowerCase()
      if (!byName.has(lower)) byName.set(lower, finders[index]!)
    }
  }
  const first = finders[0]
  return (host, path) => (byName.get(host) ?? first)?.(path)
}

type Finder = (path: string) => Route | undefined

function createFinder(server: ServerConf): Finder {
  const exact = new Map<string, Route>()
  const prefixes: Route[] = []
  for (const location of server.locations) {
    if (location.match === 'exact') exact.set(location.path, { server, location })
    else prefixes.push({ server, location })
  }
  prefixes.sort((a, b) => b.location.path.length - a.location.path.length)
  return (path) => exact.get(path) ?? prefixes.find((route) => path.startsWith(route.location.path))
}
