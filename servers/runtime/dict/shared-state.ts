// What scripts share by name: `ctx.dict`, `ctx.lock`, `ctx.limit`. One for each conf; the zones behind it outlive a reload.
import type { Conf } from '../../contract/conf/conf.ts'
import { didYouMean } from '../../contract/nearest.ts'
import type { Awaitable } from '../../contract/script.ts'
import { boundedKey } from '../access/bounded-key.ts'
import { type Bucket, createBuckets } from '../access/limit-req-zones.ts'
import type { Locks } from './locks.ts'
import { ScriptDict } from './script-dict.ts'
import type { ZoneStore } from './zone.ts'

export interface SharedState {
  /** Throws a TypeError when the conf has no `dict` of that name. */
  dict(name: string): ScriptDict
  /** Counts one more event of `key`. Throws a TypeError when the conf has no `limit_req_zone` of that name. */
  limit(zone: string, key: string, burst: number): { ok: boolean; delay: number; excess: number }
  /** As `Locks.hold`, with the defaults of resty.lock. */
  lock<T>(
    key: string,
    fn: () => Awaitable<T>,
    signal: AbortSignal,
    options?: { ttl?: number; wait?: number },
  ): Promise<T>
  /** By the name of their zone; `limit_req` counts in the same ones. */
  readonly buckets: ReadonlyMap<string, Bucket>
}

/** resty.lock's `exptime` and `timeout`. */
const LOCK_TTL_MS = 30_000
const LOCK_WAIT_MS = 5000

export function createSharedState(
  conf: Pick<Conf, 'dicts' | 'limitReqZones'>,
  zones: ZoneStore,
  locks: Locks,
): SharedState {
  const dicts = new Map<string, ScriptDict>()
  const buckets = createBuckets(conf.limitReqZones, zones)
  return {
    buckets,
    dict(name) {
      const known = dicts.get(name)
      if (known !== undefined) return known
      const found = conf.dicts.find((each) => each.name === name)
      if (found === undefined) {
        const names = conf.dicts.map((each) => each.name)
        throw new TypeError(`The conf has no dict "${name}"${hint(name, names)}: write dict ${name} 1m; in edge`)
      }
      const dict = new ScriptDict(zones.open(`dict ${name}`, found.bytesMax), found.bytesMax)
      dicts.set(name, dict)
      return dict
    },
    limit(zone, key, burst) {
      const bucket = buckets.get(zone)
      if (bucket === undefined) {
        throw new TypeError(`The conf has no limit_req_zone "${zone}"${hint(zone, [...buckets.keys()])}`)
      }
      if (typeof key !== 'string') throw new TypeError('ctx.limit takes a text as key')
      const { ok, excess } = bucket.take(boundedKey(key), { burst, count: true })
      return { ok, excess, delay: (excess * 1000) / bucket.perSecond }
    },
    lock(key, fn, signal, { ttl = LOCK_TTL_MS, wait = LOCK_WAIT_MS } = {}) {
      if (typeof key !== 'string' || key === '') throw new TypeError('ctx.lock takes a text as key')
      if (typeof fn !== 'function') throw new TypeError('ctx.lock takes a function')
      if (!(ttl > 0) || !(wait >= 0)) throw new TypeError('ctx.lock takes ttl and wait in milliseconds')
      return locks.hold(boundedKey(key), fn, { ttlMs: ttl, waitMs: wait, signal })
    },
  }
}

function hint(name: string, known: readonly string[]): string {
  const suggestion = didYouMean(name, known)
  return suggestion === undefined ? '' : `; ${suggestion}`
}
