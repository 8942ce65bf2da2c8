// Which server answers, in nginx's order: by its whole name, by the longest `*.example.com`, by the longest `www.example.*`, by the first
// pattern that fits; else the default of the address, which is its first.
import type { ServerName } from '../contract/conf/conf.ts'
import type { ServerPlan } from './phases.ts'

/** By the Host header without its port, lower case. */
export type Router = (host: string) => ServerPlan

/** One router for the servers of one address; the first of them answers Hosts that none names. */
export function createRouter(servers: readonly ServerPlan[]): Router {
  const first = servers[0]!
  const exact = new Map<string, ServerPlan>()
  const suffixes = new Map<string, ServerPlan>()
  const prefixes = new Map<string, ServerPlan>()
  const patterns: { readonly regex: RegExp; readonly server: ServerPlan }[] = []
  const put = (map: Map<string, ServerPlan>, name: string, server: ServerPlan) => {
    if (!map.has(name)) map.set(name, server)
  }
  const add = (name: ServerName, server: ServerPlan) => {
    if (name.kind === 'exact') put(exact, name.name, server)
    else if (name.kind === 'prefix') put(prefixes, name.name, server)
    else if (name.kind === 'pattern') patterns.push({ regex: new RegExp(name.pattern.source, 'i'), server })
    else {
      put(suffixes, name.name, server)
      if (name.bare) put(exact, name.name.slice(1), server)
    }
  }
  for (const server of servers) {
    const { serverNames } = server.conf
    // A server that names nobody answers requests that name nobody.
    for (const name of serverNames.length === 0 ? [NOBODY] : serverNames) add(name, server)
  }
  const isPlain = suffixes.size === 0 && prefixes.size === 0 && patterns.length === 0
  return (asked) => {
    const host = asked.endsWith('.') ? asked.slice(0, -1) : asked
    const found = exact.get(host)
    if (found !== undefined || isPlain) return found ?? first
    return (
      longestSuffix(suffixes, host) ??
      longestPrefix(prefixes, host) ??
      patterns.find(({ regex }) => regex.test(host))?.server ??
      first
    )
  }
}

const NOBODY: ServerName = { kind: 'exact', name: '' }

/** Names begin with the dot: any number of labels may come before. */
function longestSuffix(suffixes: ReadonlyMap<string, ServerPlan>, host: string): ServerPlan | undefined {
  for (let dot = host.indexOf('.', 1); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    const found = suffixes.get(host.slice(dot))
    if (found !== undefined) return found
  }
  return undefined
}

/** Any number of labels may follow. */
function longestPrefix(prefixes: ReadonlyMap<string, ServerPlan>, host: string): ServerPlan | undefined {
  for (let dot = host.lastIndexOf('.'); dot > 0; dot = host.lastIndexOf('.', dot - 1)) {
    const found = prefixes.get(host.slice(0, dot))
    if (found !== undefined) return found
  }
  return undefined
}
