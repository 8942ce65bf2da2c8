// `ctx.dict(name)`: a zone as a script sees it. Values are JSON; what comes out is a copy of what went in.
import type { Dict, Json } from '../../contract/script.ts'
import { type Change, KEY_BYTES_MAX, type Zone } from './zone.ts'

/** `get`, `set` and the others throw a TypeError for a key that is no text of 1 to KEY_BYTES_MAX bytes, or a value that is not JSON. */
export class ScriptDict implements Dict {
  readonly capacity: number
  readonly #zone: Zone

  /** `capacity`: the zone's size in bytes. */
  constructor(zone: Zone, capacity: number) {
    this.#zone = zone
    this.capacity = capacity
  }

  get<T extends Json>(key: string): T | undefined {
    const text = this.#zone.get(checkKey(key))
    return text === undefined ? undefined : (JSON.parse(text) as T)
  }

  set(key: string, value: Json, ttlMs?: number): boolean {
    const change = changeTo(value, ttlMs)
    return this.#zone.update(checkKey(key), () => change)
  }

  add(key: string, value: Json, ttlMs?: number): boolean {
    return this.#setWhere((current) => current === undefined, key, value, ttlMs)
  }

  replace(key: string, value: Json, ttlMs?: number): boolean {
    return this.#setWhere((current) => current !== undefined, key, value, ttlMs)
  }

  incr(key: string, by = 1, init = 0, ttlMs?: number): number {
    for (const number of [by, init]) {
      if (!Number.isFinite(number)) throw new TypeError(`dict.incr takes numbers, not ${number}`)
    }
    checkTtl(ttlMs)
    let sum = 0
    const kept = this.#zone.update(checkKey(key), (current) => {
      const before: unknown = current === undefined ? init : JSON.parse(current)
      if (typeof before !== 'number') throw new TypeError(`Cannot increment "${key}": it holds no number`)
      sum = before + by
      return { text: JSON.stringify(sum), ttlMs: current === undefined ? ttlMs : 'keep' }
    })
    if (!kept) throw new RangeError(`Cannot keep "${key}": the dict is too small`)
    return sum
  }

  delete(key: string): void {
    this.#zone.update(checkKey(key), () => 'delete')
  }

  ttl(key: string): number | undefined {
    return this.#zone.ttl(checkKey(key))
  }

  expire(key: string, ttlMs: number): boolean {
    checkTtl(ttlMs)
    let found = false
    this.#zone.update(checkKey(key), (current) => {
      found = current !== undefined
      return current === undefined ? 'leave' : { text: current, ttlMs }
    })
    return found
  }

  keys(max = KEYS_DEFAULT): string[] {
    return this.#zone.keys(max)
  }

  flush(): void {
    this.#zone.clear()
  }

  #setWhere(
    fits: (current: string | undefined) => boolean,
    key: string,
    value: Json,
    ttlMs: number | undefined,
  ): boolean {
    const change = changeTo(value, ttlMs)
    let fitted = false
    const kept = this.#zone.update(checkKey(key), (current) => {
      fitted = fits(current)
      return fitted ? change : 'leave'
    })
    return kept && fitted
  }
}

/** As many as lua-nginx's get_keys gives. */
const KEYS_DEFAULT = 1024

function changeTo(value: Json, ttlMs: number | undefined): Change {
  checkTtl(ttlMs)
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError(`Cannot keep ${value} in a dict: it takes JSON`)
  }
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`Cannot keep a ${typeof value} in a dict: it takes JSON`)
  return { text, ttlMs }
}

function checkKey(key: string): string {
  if (typeof key !== 'string' || key === '') throw new TypeError('The key of a dict must be a text that is not empty')
  // Three bytes at most for each unit of a string.
  if (key.length * 3 > KEY_BYTES_MAX && Buffer.byteLength(key) > KEY_BYTES_MAX) {
    throw new TypeError(`The key of a dict is at most ${KEY_BYTES_MAX} bytes long`)
  }
  return key
}

function checkTtl(ttlMs: number | undefined): void {
  if (ttlMs !== undefined && !(ttlMs > 0))
    throw new TypeError(`A time to live is a number of milliseconds, not ${ttlMs}`)
}
