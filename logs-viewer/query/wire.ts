// What the viewer's server and its page say to each other.
import type { LogRecord } from '../../servers/contract/record.ts'

/** A record with its name, `developer/server/day:offset`. */
export interface ShownRecord extends LogRecord {
  readonly id: string
}

/** `GET /api/records` */
export interface RecordsReply {
  /** In the order of arrival, the newest last. */
  readonly records: readonly ShownRecord[]
  /** Hand it back as `before` to go on towards the past; null at the beginning of history. */
  readonly before: string | null
  /** Whose records there are, whatever the filter says. */
  readonly sources: readonly { readonly server: string; readonly developer: string }[]
}

/** The event `skipped` of `GET /api/tail`: records that this client was too slow for. `count` is null when nobody has counted. */
export interface Skipped {
  readonly count: number | null
  /** How many of them were `error` or worse. */
  readonly errors: number
}
