// What the viewer's server and whoever asks it say to each other: the page, `edgeyard logs`, a program of somebody's.
//
// Every question takes the same words (`parseQuestion`): `developer` and `server` (several: separated by commas), `severity` (this
// one and worse), `from` and `to` (ISO 8601, of arrival; `from` is in, `to` is not), and `q`, the text of a search (`query/parse-search.ts`).
import type { LogRecord, Severity } from '../../servers/contract/record.ts'

/** Whose records: one folder of log files. */
export interface Source {
  readonly developer: string
  readonly server: string
}

/** A record with its name, `developer/server/day:offset`. */
export interface ShownRecord extends LogRecord {
  readonly id: string
  /** Records of the same process that are missing right before this one, by their numbers. Left out: none, or nobody can tell. */
  readonly missing?: number
}

/** `GET /api/session`; 401 with a `Refusal` when nobody is logged in. */
export interface Session {
  /** A developer's name, or `operator`. */
  readonly who: string
  /** Whose records may be seen, by name. What is not in here does not exist for this session. */
  readonly sources: readonly Source[]
  /** When the login ends, ISO 8601 UTC. */
  readonly expires: string
}

/** `POST /api/login` with `{ "token": "…" }` sets the cookie and answers with the `Session`. `POST /api/logout` takes both back. */
export interface Login {
  readonly token: string
}

/** Every answer that is no 2xx: 401 nobody is logged in, 429 (with Retry-After) too much of it. `error` is a sentence for people. */
export interface Refusal {
  readonly error: string
}

/** `GET /api/records?limit=&before=` (towards the past) or `&after=` (towards now): one answer. */
export interface RecordsReply {
  /** In the order of arrival, the newest last. */
  readonly records: readonly ShownRecord[]
  /** Hand it back as `before` to go on towards the past; null at the beginning of history. */
  readonly before: string | null
  /** Hand it back as `after` to go on towards now; null at its end. */
  readonly after: string | null
  readonly sources: readonly Source[]
}

/** `GET /api/search?limit=&before=`, server-sent events: the same as they are found, newest first. A client that goes away cancels the search. */
export interface SearchEvents {
  /** More hits, the newest first. */
  readonly found: readonly ShownRecord[]
  /**
   * From now back to `to` (ISO 8601 of arrival) everything has been looked through; `share` of all there is, 0 to 1. `id`: handed on as
   * `before`, another search goes on there.
   */
  readonly progress: { readonly to: string; readonly share: number; readonly id?: string }
  /**
   * The last event. `before` as in `RecordsReply`; `stopped` says why a search has ended before it was done: with a `before` it took too
   * long, and can go on; without, it cannot.
   */
  readonly done: { readonly before: string | null; readonly stopped?: string }
}

/** `GET /api/context?id=&before=&after=` (numbers): a record among its neighbours of the same source, whatever the filter is. */
export interface ContextReply {
  readonly records: readonly ShownRecord[]
}

/**
 * `GET /api/tail`, server-sent events: records, each a `message` with its id. The event `skipped`: records that this client was too slow
 * for. `count` is null when nobody has counted.
 */
export interface Skipped {
  readonly count: number | null
  /** How many of them were `error` or worse. */
  readonly errors: number
}

/** The event `refused` of `GET /api/tail`, the last one: a pattern takes too long, and asking again is of no use. `message` is a sentence. */
export interface TailRefused {
  readonly message: string
}

/** `GET /api/histogram?buckets=`: records over time. Buckets without records are left out. */
export interface HistogramReply {
  /** Milliseconds since 1970 of the first bucket's beginning and the last one's end. */
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
  readonly buckets: readonly { readonly atMs: number; readonly counts: Readonly<Partial<Record<Severity, number>>> }[]
}

/** What people have said of a group of errors; `new` until they do, `back` when a resolved one came again. */
export const ERROR_STATES = ['new', 'muted', 'resolved', 'back'] as const
export type ErrorState = (typeof ERROR_STATES)[number]

/** `error` and worse with one fingerprint: type, message without its numbers and names, the top frames of the script's own. */
export interface ErrorGroup {
  /** Stable across restarts and rebuilding: a hash of what the group has in common, and of the source. */
  readonly fingerprint: string
  readonly source: Source
  readonly severity: Severity
  /** The newest record's first line. */
  readonly title: string
  readonly count: number
  /** ISO 8601 of arrival, in the time that was asked for. */
  readonly firstSeen: string
  readonly lastSeen: string
  /** The newest record. */
  readonly lastId: string
  /** The release in which it was seen first, when it said one. */
  readonly firstRelease?: string
  /** Counts over the time that was asked for, oldest first, always `SPARKLINE_BUCKETS` of them. */
  readonly sparkline: readonly number[]
  readonly state: ErrorState
  /** Who said so, and when. */
  readonly by?: string
  readonly at?: string
}
export const SPARKLINE_BUCKETS = 24

/**
 * `GET /api/errors`. `POST /api/errors/FINGERPRINT` with `{ "state": "muted" | "resolved" | "new" }` answers with the `ErrorGroup` as it is
 * then. With `lastId`, the id of one of its records, it is found whatever else there is, and the answer's counts and times are those of
 * that record.
 */
export interface ErrorsReply {
  readonly groups: readonly ErrorGroup[]
}

/**
 * `GET /api/searches` answers with a list of these; `PUT /api/searches/NAME` with `{ "query": "severity=error&q=…" }` with the one,
 * `DELETE /api/searches/NAME` with `{}`. Each login's own.
 */
export interface SavedSearch {
  readonly name: string
  /** The page's address behind the `?`. */
  readonly query: string
}

/** `GET /api/export?format=`: exactly what the question finds, oldest first, streamed. */
export const EXPORT_FORMATS = ['ndjson', 'csv', 'text'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** `GET /api/health`: one strip. What a session may not know of others is summed up over its own sources; `collector` and `disk` are for the operator. */
export interface HealthReply {
  readonly status: 'ok' | 'behind' | 'trouble'
  /** Sentences for people, the worst first. Empty when all is well. */
  readonly notes: readonly string[]
  /** How long ago the newest record that can be searched arrived, behind what lies in the files; milliseconds. */
  readonly behindMs: number
  /** Missing records by sequence numbers, today. */
  readonly gaps: { readonly processes: number; readonly records: number }
  readonly store: {
    readonly records: number
    readonly bytes: number
    readonly days: number
    readonly oldestDay: string | null
  }
  readonly collector?: {
    /** Records in rsyslog's queues, and how many it has thrown away since it started: of its own counters (impstats). `notes` tell of the last hour. */
    readonly queued: number
    readonly discarded: number
    readonly rateLimited: number
    readonly at: string
  }
  readonly disk?: { readonly freeBytes: number; readonly totalBytes: number; readonly keptDays: number }
  readonly tails: number
}
