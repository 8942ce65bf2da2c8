// `limit_conn`: how many requests and open sockets a key may have at a time, over all workers of the server.
import type { LocationConf } from '../../contract/conf/conf.ts'
import type { Zone } from '../dict/zone.ts'
import { evaluate } from '../variables/evaluate.ts'
import { boundedKey } from './bounded-key.ts'
import type { AccessServices, AccessStep } from './plan-access.ts'
import { reportLimit } from './report-limit.ts'

/** Undefined when there is no limit. Sets `$limit_conn_status`. */
export function planLimitConn(location: LocationConf, { conf, zones }: AccessServices): AccessStep | undefined {
  const limits = location.limitConn.map(({ zone, connections }) => {
    const { key, bytesMax } = conf.limitConnZones.find(({ name }) => name === zone)!
    return { zone, connections, key, open: () => zones.open(`limit_conn ${zone}`, bytesMax) }
  })
  if (limits.length === 0) return undefined
  return (request) => {
    request.variables ??= new Map()
    request.variables.set('limit_conn_status', 'PASSED')
    for (const { zone: name, connections, key, open } of limits) {
      const value = evaluate(key, request)
      if (value === '') continue
      const bounded = boundedKey(value)
      const zone = open()
      if (!enter(zone, bounded, connections)) {
        request.variables.set('limit_conn_status', 'REJECTED')
        reportLimit(request, 'error', `limiting connections by zone "${name}"`)
        return location.limitConnStatus
      }
      request.onEnd(() => leave(zone, bounded))
    }
    return undefined
  }
}

/** By process, so that a worker that has died does not count for ever: `PID COUNT`, joined by commas. */
type Counts = Map<number, number>

function enter(zone: Zone, key: string, connections: number): boolean {
  let entered = false
  zone.update(key, (current) => {
    const counts = parseCounts(current)
    if (sumOf(counts) >= connections) forgetDead(counts)
    entered = sumOf(counts) < connections
    if (!entered) return 'leave'
    counts.set(process.pid, (counts.get(process.pid) ?? 0) + 1)
    return { text: renderCounts(counts), ttlMs: undefined }
  })
  return entered
}

function leave(zone: Zone, key: string): void {
  zone.update(key, (current) => {
    const counts = parseCounts(current)
    const left = (counts.get(process.pid) ?? 1) - 1
    if (left > 0) counts.set(process.pid, left)
    else counts.delete(process.pid)
    return counts.size === 0 ? 'delete' : { text: renderCounts(counts), ttlMs: undefined }
  })
}

function parseCounts(text: string | undefined): Counts {
  if (text === undefined) return new Map()
  return new Map(text.split(',').map((each) => each.split(' ').map(Number) as [number, number]))
}

function renderCounts(counts: Counts): string {
  return [...counts].map((each) => each.join(' ')).join(',')
}

function sumOf(counts: Counts): number {
  let sum = 0
  for (const count of counts.values()) sum += count
  return sum
}

function forgetDead(counts: Counts): void {
  for (const pid of counts.keys()) {
    try {
      process.kill(pid, 0)
    } catch {
      counts.delete(pid)
    }
  }
}
