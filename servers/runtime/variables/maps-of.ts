// ngx_http_map_module: variables that the conf makes of others, each asked for once for a request and only when it is used.
import type { Conf, MapConf, Text } from '../../contract/conf/conf.ts'
import { takeCaptures } from '../rewrite/take-captures.ts'
import type { ServedRequest } from '../served-request.ts'
import { evaluate } from './evaluate.ts'

type MapVariable = (request: ServedRequest) => string

const planned = new WeakMap<Conf, ReadonlyMap<string, MapVariable>>()

/** By the name of the variable. */
export function mapsOf(conf: Conf): ReadonlyMap<string, MapVariable> {
  let maps = planned.get(conf)
  if (maps === undefined) {
    maps = new Map(conf.maps.map((map) => [map.name, planMap(map)]))
    planned.set(conf, maps)
  }
  return maps
}

function planMap(map: MapConf): MapVariable {
  const { name, source, patterns, fallback, hostnames, volatile: isVolatile } = map
  const exact = new Map(Object.entries(map.exact))
  const compiled = patterns.map(({ pattern, value }) => ({
    regex: new RegExp(pattern.source, pattern.caseless ? 'i' : ''),
    value,
  }))
  const find = (request: ServedRequest, key: string): Text => {
    const lower = key.toLowerCase()
    const found = exact.get(lower) ?? (hostnames ? byHostname(exact, lower) : undefined)
    if (found !== undefined) return found
    for (const { regex, value } of compiled) {
      const captures = regex.exec(key)
      if (captures === null) continue
      takeCaptures(request, captures)
      return value
    }
    return fallback
  }
  return (request) => {
    request.mapped ??= new Map()
    const before = request.mapped.get(name)
    if (before !== undefined) return before
    // A map that asks for itself on the way finds nothing.
    request.mapped.set(name, '')
    const value = evaluate(find(request, evaluate(source, request)), request)
    if (isVolatile) request.mapped.delete(name)
    else request.mapped.set(name, value)
    return value
  }
}

/** `*.example.com` and `.example.com` by the longest end, then `www.example.*` by the longest beginning. */
function byHostname(exact: ReadonlyMap<string, Text>, host: string): Text | undefined {
  const bare = exact.get(`.${host}`)
  if (bare !== undefined) return bare
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    const end = host.slice(dot)
    const found = exact.get(`*${end}`) ?? exact.get(end)
    if (found !== undefined) return found
  }
  for (let dot = host.lastIndexOf('.'); dot > 0; dot = host.lastIndexOf('.', dot - 1)) {
    const found = exact.get(`${host.slice(0, dot)}.*`)
    if (found !== undefined) return found
  }
  return undefined
}
