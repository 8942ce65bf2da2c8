// Zones of a server with one process: maps, in the order in which their entries were used.
import { type Change, entryBytes, monotonicMs, type Zone, type ZoneStore } from './zone.ts'

interface Entry {
  readonly text: string
  /** Infinity: never. */
  readonly expiresMs: number
  readonly bytes: number
}

export function createMemoryZones(nowMs: () => number = monotonicMs): ZoneStore {
  const zones = new Map<string, MemoryZone>()
  return {
    open(name, bytesMax) {
      const known = zones.get(name)
      if (known !== undefined) {
        known.resize(bytesMax)
        return known
      }
      const zone = new MemoryZone(bytesMax, nowMs)
      zones.set(name, zone)
      return zone
    },
    close: () => zones.clear(),
  }
}

class MemoryZone implements Zone {
  readonly #nowMs: () => number
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>()
  #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number, nowMs: () => number) {
    this.#bytesMax = bytesMax
    this.#nowMs = nowMs
  }

  get(key: string): string | undefined {
    const entry = this.#live(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.text
  }

  update(key: string, change: (current: string | undefined) => Change): boolean {
    const current = this.#live(key)
    const next = change(current?.text)
    if (next === 'leave') return true
    this.#remove(key)
    if (next === 'delete') return true
    const bytes = entryBytes(key, next.text)
    if (bytes > this.#bytesMax) return false
    this.#makeRoom(bytes)
    this.#entries.set(key, { text: next.text, expiresMs: this.#expiry(next, current), bytes })
    this.#bytes += bytes
    return true
  }

  ttl(key: string): number | undefined {
    const entry = this.#live(key)
    return entry === undefined ? undefined : entry.expiresMs - this.#nowMs()
  }

  keys(max: number): string[] {
    const found: string[] = []
    for (const key of [...this.#entries.keys()]) {
      if (found.length >= max) break
      if (this.#live(key) !== undefined) found.push(key)
    }
    return found
  }

  clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  /** A reload has given it another size. */
  resize(bytesMax: number): void {
    this.#bytesMax = bytesMax
    this.#makeRoom(0)
  }

  #expiry({ ttlMs }: Exclude<Change, string>, current: Entry | undefined): number {
    if (ttlMs === 'keep') return current?.expiresMs ?? Number.POSITIVE_INFINITY
    return ttlMs === undefined ? Number.POSITIVE_INFINITY : this.#nowMs() + ttlMs
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.expiresMs === Number.POSITIVE_INFINITY || entry.expiresMs > this.#nowMs())
      return entry
    this.#remove(key)
    return undefined
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
  }

  #makeRoom(bytes: number): void {
    for (const key of this.#entries.keys()) {
      if (this.#bytes + bytes <= this.#bytesMax) return
      this.#remove(key)
    }
  }
}
