// `limit_req`: a request above the rate waits or is refused. Of several limits the strictest counts, and what is refused counts in none.
import type { LocationConf } from '../../contract/conf/conf.ts'
import type { ServedRequest } from '../served-request.ts'
import { evaluate } from '../variables/evaluate.ts'
import type { Bucket } from './limit-req-zones.ts'
import type { AccessServices, AccessStep } from './plan-access.ts'
import { reportLimit } from './report-limit.ts'

interface Limit {
  readonly zone: string
  readonly burst: number
  /** Requests above the rate that need not wait; Infinity: `nodelay`. */
  readonly delay: number
  readonly bucket: Bucket
  keyOf(request: ServedRequest): string
}

/** nginx's own status for a client that has not waited. */
const CLIENT_GONE = 499

/** Undefined when there is no limit. Sets `$limit_req_status`. */
export function planLimitReq(location: LocationConf, { conf, buckets }: AccessServices): AccessStep | undefined {
  const limits = location.limitReq.map((limit): Limit => {
    const { key } = conf.limitReqZones.find(({ name }) => name === limit.zone)!
    return { ...limit, bucket: buckets.get(limit.zone)!, keyOf: (request) => evaluate(key, request) }
  })
  if (limits.length === 0) return undefined
  return (request) => {
    const decided = decide(limits, request)
    request.variables ??= new Map()
    request.variables.set('limit_req_status', decided.status)
    if (decided.status === 'PASSED') return undefined
    const excess = `excess: ${decided.excess.toFixed(3)}`
    if (decided.status === 'REJECTED') {
      reportLimit(request, 'error', `limiting requests, ${excess} by zone "${decided.zone}"`)
      return location.limitReqStatus
    }
    reportLimit(request, 'warn', `delaying request, ${excess}, by zone "${decided.zone}"`)
    return delayed(decided.waitMs, request.asked.aborted)
  }
}

type Decided =
  | { readonly status: 'PASSED' }
  | { readonly status: 'REJECTED'; readonly zone: string; readonly excess: number }
  | { readonly status: 'DELAYED'; readonly zone: string; readonly excess: number; readonly waitMs: number }

function decide(limits: readonly Limit[], request: ServedRequest): Decided {
  // nginx counts nothing for an empty key.
  const asked = limits.map((limit) => ({ limit, key: limit.keyOf(request) })).filter(({ key }) => key !== '')
  let decided: Decided = { status: 'PASSED' }
  // All are looked at before the first is counted; one alone needs no second look.
  for (const count of asked.length > 1 ? [false, true] : [true]) {
    for (const { limit, key } of asked) {
      const { zone, burst, delay, bucket } = limit
      const { ok, excess } = bucket.take(key, { burst, count })
      if (!ok) return { status: 'REJECTED', zone, excess }
      const waitMs = excess <= delay ? 0 : ((excess - delay) * 1000) / bucket.perSecond
      if (count && waitMs > (decided.status === 'DELAYED' ? decided.waitMs : 0)) {
        decided = { status: 'DELAYED', zone, excess, waitMs }
      }
    }
  }
  return decided
}

function delayed(ms: number, aborted: AbortSignal): Promise<number | undefined> {
  return new Promise((resolve) => {
    const gone = () => {
      clearTimeout(timer)
      resolve(CLIENT_GONE)
    }
    const timer = setTimeout(() => {
      aborted.removeEventListener('abort', gone)
      resolve(undefined)
    }, ms)
    aborted.addEventListener('abort', gone, { once: true })
  })
}
