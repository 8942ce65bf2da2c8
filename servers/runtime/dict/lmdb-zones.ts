// Zones of a server with several processes: one LMDB file in a folder of theirs, mapped into each of them. LMDB's lock survives a process
// that dies while it holds it. Nothing is ever synced to disk: the zones live as long as the server does.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Database, RootDatabase } from 'lmdb'
import { type Change, entryBytes, monotonicMs, type Zone, type ZoneStore } from './zone.ts'

type Stored = [text: string, expiresMs: number | null, usedUs: number]
type Order = [usedUs: number, key: string]

/** How exact "used longest ago" is: reading an entry again within this time writes nothing. */
const USED_GRAIN_MS = 1000
/** Entries that are looked up at a time when room has to be made. */
const EVICTED_AT_ONCE = 32

/** `folder` must be on a disk that can be mapped. Throws when LMDB cannot be loaded or the folder not be written. */
export function createLmdbZones(folder: string, nowMs: () => number = monotonicMs): ZoneStore {
  // Loaded here: a server with one process never pays for it.
  const { open } = createRequire(import.meta.url)('lmdb') as typeof import('lmdb')
  const root: RootDatabase = open({
    path: join(folder, 'zones.mdb'),
    noSync: true,
    noMemInit: true,
    overlappingSync: false,
    maxDbs: 256,
  })
  const sizes = root.openDB<number, string>({ name: 'sizes' })
  const zones = new Map<string, LmdbZone>()
  return {
    open(name, bytesMax) {
      const known = zones.get(name)
      if (known !== undefined) {
        known.bytesMax = bytesMax
        return known
      }
      const zone = new LmdbZone({ root, sizes, name, bytesMax, nowMs })
      zones.set(name, zone)
      return zone
    },
    close: () => void root.close(),
  }
}

interface LmdbZoneOptions {
  readonly root: RootDatabase
  /** Bytes of every zone, by its name. */
  readonly sizes: Database<number, string>
  readonly name: string
  readonly bytesMax: number
  nowMs(): number
}

class LmdbZone implements Zone {
  bytesMax: number
  readonly #options: LmdbZoneOptions
  readonly #entries: Database<Stored, string>
  /** What was used when, oldest first. */
  readonly #order: Database<boolean, Order>

  constructor(options: LmdbZoneOptions) {
    this.#options = options
    this.bytesMax = options.bytesMax
    this.#entries = options.root.openDB({ name: `entries ${options.name}` })
    this.#order = options.root.openDB({ name: `order ${options.name}` })
  }

  get(key: string): string | undefined {
    const stored = this.#read(key)
    if (stored === undefined) return undefined
    if (this.#options.nowMs() - stored[2] / 1000 > USED_GRAIN_MS) this.#touch(key)
    return stored[0]
  }

  update(key: string, change: (current: string | undefined) => Change): boolean {
    return this.#options.root.transactionSync(() => {
      const current = this.#live(this.#entries.get(key))
      const next = change(current?.[0])
      if (next === 'leave') return true
      this.#remove(key)
      if (next === 'delete') return true
      const bytes = entryBytes(key, next.text)
      if (bytes > this.bytesMax) return false
      this.#makeRoom(bytes)
      this.#put(key, next.text, this.#expiry(next, current))
      this.#grow(bytes)
      return true
    })
  }

  ttl(key: string): number | undefined {
    const stored = this.#read(key)
    if (stored === undefined) return undefined
    return stored[1] === null ? Number.POSITIVE_INFINITY : stored[1] - this.#options.nowMs()
  }

  keys(max: number): string[] {
    this.#entries.resetReadTxn()
    const found: string[] = []
    for (const { key, value } of this.#entries.getRange()) {
      if (found.length >= max) break
      if (this.#live(value) !== undefined) found.push(key)
    }
    return found
  }

  clear(): void {
    const { root, sizes, name } = this.#options
    root.transactionSync(() => {
      this.#entries.clearSync()
      this.#order.clearSync()
      sizes.putSync(name, 0)
    })
  }

  /** What other workers have written is seen at once, not only in the next turn of the loop. */
  #read(key: string): Stored | undefined {
    this.#entries.resetReadTxn()
    return this.#live(this.#entries.get(key))
  }

  #live(stored: Stored | undefined): Stored | undefined {
    if (stored === undefined || stored[1] === null || stored[1] > this.#options.nowMs()) return stored
    return undefined
  }

  #expiry({ ttlMs }: Exclude<Change, string>, current: Stored | undefined): number | null {
    if (ttlMs === 'keep') return current?.[1] ?? null
    return ttlMs === undefined ? null : this.#options.nowMs() + ttlMs
  }

  #put(key: string, text: string, expiresMs: number | null): void {
    const usedUs = Math.trunc(this.#options.nowMs() * 1000)
    this.#entries.putSync(key, [text, expiresMs, usedUs])
    this.#order.putSync([usedUs, key], true)
  }

  #touch(key: string): void {
    this.#options.root.transactionSync(() => {
      const stored = this.#entries.get(key)
      if (stored === undefined) return
      this.#order.removeSync([stored[2], key])
      this.#put(key, stored[0], stored[1])
    })
  }

  #remove(key: string): void {
    const stored = this.#entries.get(key)
    if (stored === undefined) return
    this.#entries.removeSync(key)
    this.#order.removeSync([stored[2], key])
    this.#grow(-entryBytes(key, stored[0]))
  }

  #grow(bytes: number): void {
    const { sizes, name } = this.#options
    sizes.putSync(name, (sizes.get(name) ?? 0) + bytes)
  }

  #makeRoom(bytes: number): void {
    const { sizes, name } = this.#options
    while ((sizes.get(name) ?? 0) + bytes > this.bytesMax) {
      const oldest = [...this.#order.getKeys({ limit: EVICTED_AT_ONCE })]
      if (oldest.length === 0) return
      for (const [, key] of oldest) {
        if ((sizes.get(name) ?? 0) + bytes <= this.bytesMax) return
        this.#remove(key)
      }
    }
  }
}
