// The leaky buckets of `limit_req_zone`, as ngx_http_limit_req_module counts them: in thousandths of a request.
import type { LimitReqZone } from '../../contract/conf/conf.ts'
import { monotonicMs, type Zone, type ZoneStore } from '../dict/zone.ts'
import { boundedKey } from './bounded-key.ts'

export interface Bucket {
  /** Requests a second. */
  readonly perSecond: number
  /** What one more request makes of the bucket: too much when it is above `burst`. Counted when it fits and `count` says so. */
  take(key: string, options: { burst: number; count: boolean }): Taken
}

export interface Taken {
  readonly ok: boolean
  /** Requests above the rate, in thousandths of one exact. */
  readonly excess: number
}

const THOUSANDTHS = 1000

/** By the zone's name. */
export function createBuckets(
  confs: readonly LimitReqZone[],
  store: ZoneStore,
  nowMs = monotonicMs,
): ReadonlyMap<string, Bucket> {
  return new Map(
    confs.map((conf) => {
      let zone: Zone | undefined
      const take: Bucket['take'] = (key, options) => {
        zone ??= store.open(`limit_req ${conf.name}`, conf.bytesMax)
        return takeFrom(zone, conf.perSecond, boundedKey(key), options, nowMs())
      }
      return [conf.name, { perSecond: conf.perSecond, take }]
    }),
  )
}

function takeFrom(
  zone: Zone,
  perSecond: number,
  key: string,
  { burst, count }: { burst: number; count: boolean },
  now: number,
): Taken {
  let excess = 0
  zone.update(key, (current) => {
    if (current !== undefined) {
      const [before = 0, last = now] = current.split(' ').map(Number)
      excess = Math.max(0, before - perSecond * (now - last) + THOUSANDTHS)
    }
    const fits = excess <= burst * THOUSANDTHS
    // A bucket that is empty again says as much as none.
    const ttlMs = (excess + THOUSANDTHS) / perSecond
    return fits && count ? { text: `${excess} ${now}`, ttlMs } : 'leave'
  })
  return { ok: excess <= burst * THOUSANDTHS, excess: Math.round(excess) / THOUSANDTHS }
}
