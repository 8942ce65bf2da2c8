// `ctx.lock`: one at a time, over all workers of a server. As with resty.lock a lock ends with its time, so that a holder that hangs
// does not keep it for ever: what it does then is no longer alone.
import { randomUUID } from 'node:crypto'
import { EdgeyardError } from '../../contract/errors.ts'
import type { Awaitable } from '../../contract/script.ts'
import { monotonicMs, type Zone, type ZoneStore } from './zone.ts'

export interface Locks {
  /** Rejects with LOCK_TIMEOUT, with the reason of `signal`, or with what `fn` throws. */
  hold<T>(key: string, fn: () => Awaitable<T>, options: LockOptions): Promise<T>
}

export interface LockOptions {
  readonly ttlMs: number
  readonly waitMs: number
  readonly signal: AbortSignal
}

const ZONE = 'ctx.lock'
const ZONE_BYTES = 1024 * 1024
/** How often another worker's lock is looked at. */
const STEP_MS_MIN = 1
const STEP_MS_MAX = 50
/** A timer of Node's that is to take longer ends at once. */
const TIMER_MS_MAX = 2 ** 31 - 1

export function createLocks(store: ZoneStore): Locks {
  /** Who waits in this process, in the order in which they asked: only the first looks at the zone. */
  const queues = new Map<string, (() => void)[]>()
  /** Tells the first that somebody in this process has let go. */
  const wakers = new Map<string, () => void>()

  const enter = (key: string): Promise<void> => {
    const queue = queues.get(key)
    if (queue !== undefined) return new Promise((resolve) => queue.push(resolve))
    queues.set(key, [])
    return Promise.resolve()
  }
  const leave = (key: string) => {
    const next = queues.get(key)!.shift()
    if (next === undefined) queues.delete(key)
    else next()
  }
  const acquire = async (zone: Zone, key: string, token: string, { ttlMs }: LockOptions, patience: Patience) => {
    for (let step = STEP_MS_MIN; ; step = Math.min(step * 2, STEP_MS_MAX)) {
      let mine = false
      zone.update(key, (current) => {
        mine = current === undefined
        return mine ? { text: token, ttlMs } : 'leave'
      })
      if (mine) return
      const released = new Promise<void>((resolve) => wakers.set(key, resolve))
      await patience.until(released, step)
    }
  }

  return {
    async hold(key, fn, options) {
      const zone = store.open(ZONE, ZONE_BYTES)
      const token = randomUUID()
      const patience = createPatience(key, options)
      const turn = enter(key)
      try {
        await patience.until(turn)
        await acquire(zone, key, token, options, patience)
      } finally {
        // When the turn comes after patience has ended, it is passed on.
        void turn.then(() => leave(key))
        wakers.delete(key)
      }
      try {
        return await fn()
      } finally {
        zone.update(key, (current) => (current === token ? 'delete' : 'leave'))
        wakers.get(key)?.()
      }
    },
  }
}

interface Patience {
  /** Resolves with the promise or after `ms`. Rejects with LOCK_TIMEOUT when all the time is over, or with the signal's reason. */
  until(promise: Promise<void>, ms?: number): Promise<void>
}

function createPatience(key: string, { waitMs, signal }: LockOptions): Patience {
  const giveUpAt = monotonicMs() + waitMs
  return {
    until(promise, ms = Number.POSITIVE_INFINITY) {
      const leftMs = Math.max(0, giveUpAt - monotonicMs())
      let timer: NodeJS.Timeout | undefined
      let gone = () => {}
      const over = new Promise<void>((resolve, reject) => {
        const late = new EdgeyardError('LOCK_TIMEOUT', `Cannot lock "${key}": others have held it for ${waitMs} ms`)
        const waitsMs = Math.min(ms, leftMs)
        if (waitsMs <= TIMER_MS_MAX) timer = setTimeout(() => (ms < leftMs ? resolve() : reject(late)), waitsMs)
        gone = () => reject(signal.reason)
        if (signal.aborted) gone()
        else signal.addEventListener('abort', gone)
      })
      return Promise.race([promise, over]).finally(() => {
        clearTimeout(timer)
        signal.removeEventListener('abort', gone)
      })
    },
  }
}
