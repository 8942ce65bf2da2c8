// The door to all records: what is asked of them, whoever asks and wherever they lie (files of today, Parquet of closed days).
// The log files are the truth. Everything else that a store keeps is made from them, and made again when it is gone.
import type { PatternBudget } from '../query/pattern-budget.ts'
import type { Question, Scope } from '../query/question.ts'
import type { ErrorGroup, HistogramReply, SearchEvents, ShownRecord, Source } from '../query/wire.ts'

export interface Asking {
  readonly question: Question
  /** Whose records may be looked at. Nothing outside of it is ever opened, whatever the question says. */
  readonly scope: Scope
  /** Ends the work; the promise rejects with the signal's reason. */
  readonly signal: AbortSignal
  /** Of whoever asks, for the patterns of all that they ask at once: while it is used up they wait. Default: nobody does. */
  readonly patterns?: PatternBudget | undefined
}

export interface Page extends Asking {
  /** How many records at most. */
  readonly limit: number
  /** Ids of records, exclusive. Without them: from now towards the past. */
  readonly before?: string | undefined
  readonly after?: string | undefined
  /** How much text at most, about; the record that passes it is the last. Default: what one answer may hold. */
  readonly charactersMax?: number
}

export interface Search extends Omit<Page, 'after'> {
  /** Ends the search as well, which then says where it was and why: the signal's reason. */
  readonly late?: AbortSignal
}

/** `read`, `histogram`, `errors` and `stream` reject with a SlowPatternError when a pattern takes too long; `search` says so in `stopped`. */
export interface RecordStore {
  /** Whose records there are. */
  sources(): readonly Source[]
  /** A page of records, the newest last. Reads the files where nothing faster has them. */
  read(page: Page): Promise<{ records: readonly ShownRecord[]; before: string | null; after: string | null }>
  /** The same as hits are found, newest first. Resolves when it is done; it waits for whoever is told. */
  search(search: Search, tell: (event: Partial<SearchEvents>) => void | Promise<void>): Promise<void>
  /** Fewer neighbours than asked for where they are long. Null when there is no such record in the scope. */
  context(
    id: string,
    around: { before: number; after: number; scope: Scope; signal: AbortSignal },
  ): Promise<readonly ShownRecord[] | null>
  histogram(asking: Asking, buckets: number): Promise<HistogramReply>
  /** Without what people have said of them: `state` is `new`. */
  errors(asking: Asking): Promise<readonly ErrorGroup[]>
  /** Everything that matches, oldest first, a bounded part of it in memory. */
  stream(asking: Asking): AsyncIterable<readonly ShownRecord[]>
  /** Records as they arrive, in batches. Returns how to stop hearing of them. */
  follow(onRecords: (records: readonly ShownRecord[]) => void): () => void
  status(scope: Scope): Promise<StoreStatus>
  close(): Promise<void>
}

export interface StoreStatus {
  readonly records: number
  readonly bytes: number
  readonly days: number
  readonly oldestDay: string | null
  readonly behindMs: number
  readonly gaps: { readonly processes: number; readonly records: number }
  /** Sentences: what could not be read, what was thrown away for lack of room. */
  readonly notes: readonly string[]
}
