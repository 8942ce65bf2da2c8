// Where the list's records come from: the newest ones, older and newer ones when somebody scrolls there, a search through all
// history, a record among its neighbours, and whatever is written meanwhile.
import type { ContextReply, RecordsReply, SearchEvents, ShownRecord, Skipped } from '../../query/wire.ts'
import { renderQuestion, type View } from '../question/address.ts'
import { ask, sentenceOf } from '../question/ask.ts'
import { RECORDS_MAX, RecordItems, type SkippedItem } from './record-items.ts'
import { search } from './search-stream.ts'
import { openTail, type Tail, type TailState } from './tail.ts'
import { dayOf } from './time-text.ts'

/** Asked for at a time. */
const PAGE = 200

/** To each side of a record whose context is shown. */
const CONTEXT = 100

/** Of a gap that somebody fills; the server gives no more at once. */
const FILL = 1000

export interface FeedListener {
  /** Something is to be drawn. */
  changed(): void
  /** True while somebody reads further up, or selects: then what is in view stays. */
  isReading(): boolean
  /** Records that came live, for whoever counts them. */
  arrived(records: readonly ShownRecord[]): void
}

export class RecordFeed {
  items: RecordItems
  /** `off`: what is shown ends in the past. */
  tail: TailState | 'off' = 'off'
  /** The first answer is still to come. */
  isLoading = true
  /** A search that goes on, and how far it is. */
  progress: SearchEvents['progress'] | null = null
  /** Why a search has ended before it was done. */
  stopped: string | null = null
  /** Where older records go on; null at the beginning of history. */
  before: string | null = null
  /** There are newer records than the last one of the list, and it does not grow by itself. */
  isDetached = false
  unread = { count: 0, errors: 0 }
  /** What the server says instead of an answer. */
  refusal: string | null = null
  readonly #view: View
  readonly #listener: FeedListener
  readonly #closed = new AbortController()
  #question: URLSearchParams
  #tail: Tail | undefined
  #searching: AbortController | undefined
  #isBusy = false

  constructor(view: View, listener: FeedListener) {
    this.#view = view
    this.#listener = listener
    this.#question = renderQuestion(view, Date.now())
    this.items = new RecordItems((time) => dayOf(time, view.time === 'local'))
    if (view.id !== '') void this.#showContext(view.id)
    else if (view.to !== '' && view.range === '') void this.#showNewest()
    else this.#connect(() => void this.#showNewest())
  }

  close(): void {
    this.#closed.abort()
    this.#searching?.abort()
    this.#tail?.close()
  }

  /** Ends a search where it is. */
  cancel(): void {
    this.#searching?.abort()
  }

  async older(): Promise<void> {
    if (this.before === null || this.stopped !== null || this.#isBusy) return
    await this.#read(this.before)
    this.#makeRoom('newest')
    this.#listener.changed()
  }

  /** Where a search was stopped, when somebody asks for it: scrolling does not. */
  goOn(): void {
    this.stopped = null
    void this.older()
  }

  /** Behind a list that has been detached: towards now, and at its end live again. */
  async newer(): Promise<void> {
    const last = this.items.last
    if (!this.isDetached || last === undefined || this.#isBusy) return
    const reply = await this.#ask({ after: last.id })
    if (reply === undefined) return
    this.items.append(reply.records)
    this.#makeRoom('oldest')
    if (reply.after === null && this.tail !== 'off') this.#attach()
    this.#listener.changed()
  }

  /** The records that a row says were skipped. */
  async load(item: SkippedItem): Promise<void> {
    const all = this.items.all
    const before = all.slice(0, all.indexOf(item)).findLast((other) => other.kind === 'record')
    if (before?.kind !== 'record') return
    const reply = await this.#ask({ after: before.record.id, limit: String(FILL) })
    if (reply === undefined) return
    this.items.fill(item, reply.records, reply.after === null)
    this.#listener.changed()
  }

  /** The next record of a severity beyond those in the page: the list goes there. Undefined when there is none. */
  async seek(severity: string, way: 'before' | 'after'): Promise<ShownRecord | undefined> {
    const from = way === 'before' ? this.items.first : this.items.last
    if (from === undefined || (way === 'after' && !this.isDetached)) return undefined
    // Somebody who wants only what is worse gets that.
    const least = ERRORS.has(this.#view.severity) ? this.#view.severity : severity
    const found = (await this.#ask({ [way]: from.id, severity: least, limit: '1' }))?.records[0]
    if (found === undefined) return undefined
    const around = { limit: String(CONTEXT) }
    const older = await this.#ask({ ...around, before: found.id })
    const newer = await this.#ask({ ...around, after: found.id })
    if (older === undefined || newer === undefined) return undefined
    this.items = new RecordItems((time) => dayOf(time, this.#view.time === 'local'))
    this.items.append([...older.records, found, ...newer.records])
    this.before = older.before
    this.isDetached = true
    if (newer.after === null && this.tail !== 'off') this.#attach()
    this.#listener.changed()
    return found
  }

  read(): void {
    if (this.unread.count > 0 && !this.isDetached) this.unread = { count: 0, errors: 0 }
  }

  async #showNewest(): Promise<void> {
    await this.#read(null)
    this.isLoading = false
    this.#listener.changed()
  }

  async #showContext(id: string): Promise<void> {
    try {
      const words = new URLSearchParams({ id, before: String(CONTEXT), after: String(CONTEXT) })
      const reply = await ask<ContextReply>(`/api/context?${words}`, { signal: this.#closed.signal })
      this.items.append(reply.records)
      const { first } = this.items
      if (first !== undefined) {
        // Its neighbours are all there is of its source, whatever the filter is.
        this.#question = new URLSearchParams({ developer: first.developer, server: first.server })
        this.before = first.id
        this.isDetached = true
      }
    } catch (error) {
      this.refusal = sentenceOf(error)
    }
    this.isLoading = false
    this.#listener.changed()
  }

  /** The newest page, or the one before a record: of a search as it is found. */
  async #read(before: string | null): Promise<void> {
    if (this.#view.q !== '' && this.#view.id === '') return this.#search(before)
    const reply = await this.#ask(before === null ? {} : { before })
    if (reply === undefined) return
    this.items.prepend(reply.records)
    this.before = reply.before
  }

  async #search(before: string | null): Promise<void> {
    const searching = new AbortController()
    this.#searching = searching
    this.#isBusy = true
    this.stopped = null
    this.progress = { to: new Date().toISOString(), share: 0 }
    this.#listener.changed()
    try {
      const words = new URLSearchParams(this.#question)
      words.set('limit', String(PAGE))
      if (before !== null) words.set('before', before)
      const done = await search(
        words,
        {
          onFound: (records) => {
            this.items.prepend(records)
            this.isLoading = false
            this.#listener.changed()
          },
          onProgress: (progress) => {
            this.progress = progress
            this.#listener.changed()
          },
        },
        searching.signal,
      )
      this.before = done.before
      this.stopped = done.stopped ?? null
    } catch (error) {
      this.refusal = sentenceOf(error)
      // Whoever stops a search may go on from there.
      if (searching.signal.aborted) {
        this.before = this.items.first?.id ?? null
        this.stopped = 'The search was stopped'
      }
    }
    this.progress = null
    this.#isBusy = false
    this.#listener.changed()
  }

  async #ask(words: Readonly<Record<string, string>>): Promise<RecordsReply | undefined> {
    const question = new URLSearchParams(this.#question)
    for (const [name, value] of Object.entries({ limit: String(PAGE), ...words })) question.set(name, value)
    this.#isBusy = true
    try {
      const reply = await ask<RecordsReply>(`/api/records?${question}`, { signal: this.#closed.signal })
      this.refusal = null
      return reply
    } catch (error) {
      this.refusal = sentenceOf(error)
      this.#listener.changed()
      return undefined
    } finally {
      this.#isBusy = false
    }
  }

  /** The tail is open before records are asked for, so nothing falls between the two; what comes twice is shown once. */
  #connect(onFirst?: () => void): void {
    this.#tail?.close()
    let isFirst = true
    this.#tail = openTail(this.#question, {
      newestId: () => (this.isDetached ? undefined : this.items.last?.id),
      onState: (state) => {
        this.tail = state
        this.#listener.changed()
      },
      onOpen: () => {
        if (isFirst) onFirst?.()
        isFirst = false
      },
      onRecords: (records) => this.#take(records),
      onSkipped: (skipped) => this.#skip(skipped),
      onRefused: (sentence) => {
        this.refusal = sentence
        this.isLoading = false
        this.#listener.changed()
      },
    })
  }

  /** What was written between the last answer and now comes with the new connection. */
  #attach(): void {
    this.isDetached = false
    this.unread = { count: 0, errors: 0 }
    this.#connect()
  }

  #take(records: readonly ShownRecord[]): void {
    this.#listener.arrived(records)
    const fresh = this.isDetached ? records : this.items.append(records)
    if (this.isDetached || this.#listener.isReading()) this.#count(fresh)
    if (!this.isDetached) this.#makeRoom(this.#listener.isReading() ? 'newest' : 'oldest')
    this.#listener.changed()
  }

  #skip(skipped: Skipped): void {
    if (this.isDetached) {
      this.unread = { count: this.unread.count + (skipped.count ?? 0), errors: this.unread.errors + skipped.errors }
    } else {
      this.items.skip(skipped)
    }
    this.#listener.changed()
  }

  #count(records: readonly ShownRecord[]): void {
    const errors = records.filter(({ severity }) => ERRORS.has(severity)).length
    this.unread = { count: this.unread.count + records.length, errors: this.unread.errors + errors }
  }

  #makeRoom(end: 'oldest' | 'newest'): void {
    if (this.items.size <= RECORDS_MAX || !this.items.trim(end)) return
    if (end === 'newest') this.isDetached = true
    else this.before = this.items.first?.id ?? null
  }
}

export const ERRORS: ReadonlySet<string> = new Set(['error', 'crit', 'alert', 'emerg'])
