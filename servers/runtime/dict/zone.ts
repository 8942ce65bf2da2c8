// The port behind `ctx.dict`, `ctx.lock`, `limit_req` and `limit_conn`: texts by key, bounded, the same for all workers of a server.

/** Synchronous, as nginx's shared memory is. */
export interface Zone {
  /** What is there, unless its time has passed. Using an entry keeps it from being the next to go. */
  get(key: string): string | undefined
  /**
   * Reads and writes in one step that no other worker can come between. `change` is called once, with what is there, and must not use a
   * zone itself. When there is no room the entries that were not used for longest go. False when the text is larger than all of the zone.
   */
  update(key: string, change: (current: string | undefined) => Change): boolean
  /** Milliseconds an entry has left; Infinity for one without end; undefined when it is not there. */
  ttl(key: string): number | undefined
  /** Those that are there, in no order. */
  keys(max: number): string[]
  clear(): void
}

/** `ttlMs` undefined: without end. `keep` leaves the time as it is. */
export type Change = { readonly text: string; readonly ttlMs: number | undefined | 'keep' } | 'delete' | 'leave'

/** What keeps all zones of a server. */
export interface ZoneStore {
  /** The zone of that name: the same one each time it is asked for. */
  open(name: string, bytesMax: number): Zone
  close(): void
}

/** Bytes of a key at most, in UTF-8: what an index takes. */
export const KEY_BYTES_MAX = 1024

/** What an entry takes beside its key and text, roughly. */
const ENTRY_BYTES = 96

export function entryBytes(key: string, text: string): number {
  return Buffer.byteLength(key) + Buffer.byteLength(text) + ENTRY_BYTES
}

/** Milliseconds of a clock that only goes forward, the same in every process of the machine. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}
