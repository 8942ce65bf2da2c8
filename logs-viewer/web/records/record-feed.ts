// Where the list's records come from: the newest ones, older and newer ones when somebody scrolls there, a search through all
// history, a record among its neighbours, and whatever is written meanwhile.
import type { ContextReply, RecordsReply, ShownRecord, Skipped } from '../../query/wire.ts'
import { renderQuestion, type View } from '../question/address.ts'
import { ask, sentenceOf } from '../question/ask.ts'
import { RECORDS_MAX, RecordItems, type SkippedItem } from './record-items.ts'
import { type Progress, search } from './search-stream.ts'
import { openTail, type Tail, type TailState } from './tail.ts'
import { dayOf } from './time-text.ts'

/** Asked for at a time. */
const PAGE = 200

/** To each side of a record whose context is shown. */
const CONTEXT = 100

/** Of a gap that somebody fills; the server gives no more at once. */
const FILL = 1000

/** Files are not in the exact order of arrival among each other. */
const OVERLAP_MS = 1000

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
  progress: Progress | null = null
  /** Why a search has ended before it was done. */
  stopped: string | null = null
  /** It can be taken up where it was stopped. */
  canGoOn = false
  /** Where older records go on; null at the beginning of history, and before anything has been read of it. */
  before: string | null = null
  /** The newest page has been read. */
  hasRead = false
  /** There are newer records than the last one of the list, and it does not grow by itself. */
  isDetached = false
  unread = { count: 0, errors: 0 }
  /** What the server says instead of an answer. */
  refusal: string | null = null
  /** What it says instead of a tail. */
  notLive: string | null = null
  readonly #view: View
  readonly #listener: FeedListener
  readonly #closed = new AbortController()
  #question: URLSearchParams
  #tail: Tail | undefined
  #searching: AbortController | undefined
  /** How far has been looked towards now, where that is further than the last record of the list. */
  #after: string | null = null
  #reading: Promise<void> | undefined
  /** What the tail tells while the page before it is completed, which is as long as one page is looked for. */
  #held: (() => void)[] | null = null
  /** Questions under way. */
  #asking = 0

  constructor(view: View, listener: FeedListener) {
    this.#view = view
    this.#listener = listener
    this.#question = renderQuestion(view, Date.now())
    this.items = new RecordItems((time) => dayOf(time, view.time === 'local'))
    if (view.id !== '') void this.#showContext(view.id)
    else if (view.to !== '' && view.range === '') void this.#showNewest()
    else {
      // A search is read once, when the tail is open: it takes longer than a page.
      if (view.q === '') void this.#showNewest()
      this.#connect()
    }
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
    if (this.before === null || this.stopped !== null || this.#asking > 0) return
    await this.#read(this.before)
    this.#makeRoom('newest')
    this.#listener.changed()
  }

  /** Where a search was stopped, or an answer refused, when somebody asks for it: scrolling does not. */
  goOn(): void {
    this.stopped = null
    this.refusal = null
    if (this.hasRead) void this.older()
    else void this.#showNewest()
  }

  /** Asks once more for a tail that was refused. */
  reconnect(): void {
    this.#connect()
  }

  /** Behind a list that has been detached: towards now, and at its end live again. */
  async newer(): Promise<void> {
    const last = this.items.last
    if (!this.isDetached || last === undefined || this.#asking > 0) return
    const reply = await this.#look('after', this.#after ?? last.id, {})
    if (reply === undefined) return
    this.#after = reply.after
    this.items.append(reply.records)
    this.#makeRoom('oldest')
    if (reply.after === null && this.tail !== 'off') this.#attach()
    this.#listener.changed()
  }

  /** The records that a row says were skipped. */
  async load(item: SkippedItem): Promise<void> {
    const from = item.after ?? this.items.before(item)?.id
    const limit = String(FILL)
    const reply = await (from === undefined ? this.#ask({ limit }) : this.#look('after', from, { limit }))
    if (reply === undefined) return
    // Nothing stood before it: what was skipped is the newest that there is.
    if (from === undefined) this.before = reply.before
    this.items.fill(item, reply.records, reply.after)
    this.#listener.changed()
  }

  /** The next record of a severity beyond those in the page: the list goes there. Undefined when there is none. */
  async seek(severity: string, way: 'before' | 'after'): Promise<ShownRecord | undefined> {
    const from = way === 'before' ? (this.before ?? this.items.first?.id) : (this.#after ?? this.items.last?.id)
    if (from === undefined || (way === 'after' && !this.isDetached) || this.#asking > 0) return undefined
    // Somebody who wants only what is worse gets that.
    const least = ERRORS.has(this.#view.severity) ? this.#view.severity : severity
    const found = (await this.#look(way, from, { severity: least, limit: '1' }))?.records[0]
    if (found === undefined) return undefined
    const around = { limit: String(CONTEXT) }
    const older = await this.#ask({ ...around, before: found.id })
    const newer = await this.#ask({ ...around, after: found.id })
    if (older === undefined || newer === undefined) return undefined
    this.items = new RecordItems((time) => dayOf(time, this.#view.time === 'local'))
    this.items.append([...older.records, found, ...newer.records])
    this.before = older.before
    this.#after = newer.after
    this.isDetached = true
    if (newer.after === null && this.tail !== 'off') this.#attach()
    this.#listener.changed()
    return found
  }

  read(): void {
    if (this.unread.count > 0 && !this.isDetached) this.unread = { count: 0, errors: 0 }
  }

  /** Once at a time. */
  #showNewest(): Promise<void> {
    this.#reading ??= this.#read(null).then(() => {
      this.#reading = undefined
      this.isLoading = false
      this.#listener.changed()
    })
    return this.#reading
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
    this.hasRead = true
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
    this.hasRead = true
  }

  async #search(before: string | null): Promise<void> {
    const searching = new AbortController()
    this.#searching = searching
    this.#asking++
    this.stopped = null
    this.refusal = null
    this.progress = { to: new Date().toISOString(), share: 0 }
    this.#listener.changed()
    // Everything newer than this has been looked through.
    let place = before
    try {
      const words = new URLSearchParams(this.#question)
      words.set('limit', String(PAGE))
      if (before !== null) words.set('before', before)
      const done = await search(
        words,
        {
          onFound: (records) => {
            this.items.prepend(records)
            place = records[0]?.id ?? place
            this.isLoading = false
            this.#listener.changed()
          },
          onProgress: (progress) => {
            this.progress = progress
            place = progress.id ?? place
            this.#listener.changed()
          },
        },
        searching.signal,
      )
      this.stopped = done === undefined ? 'The connection has ended before the search had' : (done.stopped ?? null)
      this.before = done === undefined ? place : done.before
      this.canGoOn = done === undefined || done.before !== null
    } catch (error) {
      this.refusal = sentenceOf(error)
      // Whoever stops a search may go on from there.
      if (searching.signal.aborted) {
        this.before = place
        this.stopped = 'The search was stopped'
        this.canGoOn = true
      }
    }
    this.hasRead = this.before !== null || (this.stopped === null && this.refusal === null)
    this.progress = null
    this.#asking--
    this.#listener.changed()
  }

  /** The next records on the way. A page that is looked for too long comes without any, and says where to go on. */
  async #look(
    way: 'before' | 'after',
    from: string,
    words: Readonly<Record<string, string>>,
  ): Promise<RecordsReply | undefined> {
    let place = from
    for (;;) {
      const reply = await this.#ask({ ...words, [way]: place })
      const next = reply?.[way] ?? null
      if (reply === undefined || reply.records.length > 0 || next === null) return reply
      place = next
    }
  }

  async #ask(words: Readonly<Record<string, string>>): Promise<RecordsReply | undefined> {
    const question = new URLSearchParams(this.#question)
    for (const [name, value] of Object.entries({ limit: String(PAGE), ...words })) question.set(name, value)
    this.#asking++
    try {
      const reply = await ask<RecordsReply>(`/api/records?${question}`, { signal: this.#closed.signal })
      this.refusal = null
      return reply
    } catch (error) {
      this.refusal = sentenceOf(error)
      this.#listener.changed()
      return undefined
    } finally {
      this.#asking--
    }
  }

  /** The tail goes on behind what is there. Where there is none to be had, history is shown all the same. */
  #connect(): void {
    this.#tail?.close()
    let isComplete = false
    const readNewest = async () => {
      if (this.stopped === null && (!this.hasRead || this.items.size === 0)) await this.#showNewest()
    }
    this.#tail = openTail(this.#question, {
      newestId: () => {
        const id = this.isDetached ? undefined : this.items.last?.id
        isComplete = this.isDetached || id !== undefined
        return id
      },
      onState: (state, sentence) => {
        this.tail = state
        this.notLive = sentence
        if (sentence !== null && state === 'refused' && this.isLoading) {
          this.isLoading = false
          this.refusal = sentence
        }
        this.#listener.changed()
      },
      onOpen: () => {
        if (isComplete) return
        if (this.#view.q === '') void this.#complete(readNewest)
        else void readNewest()
      },
      onWaiting: readNewest,
      onRecords: (records) => this.#inTurn(() => this.#take(records)),
      onSkipped: (skipped) => this.#inTurn(() => this.#skip(skipped)),
    })
  }

  /**
   * The first page is asked for together with the tail, so that nobody waits for one after the other. What was written between the two
   * is asked for once the tail is open; what comes twice is shown once.
   */
  async #complete(readNewest: () => Promise<void>): Promise<void> {
    this.#held = []
    await this.#reading
    const { last } = this.items
    if (last === undefined) await readNewest()
    else {
      const since = new Date(Date.parse(last.received) - OVERLAP_MS).toISOString()
      const from = this.#question.get('from') ?? ''
      const reply = await this.#ask({ from: from > since ? from : since })
      // Too much to reach back to what is there: then it begins anew.
      if (reply !== undefined && reply.before !== null && !reply.records.some((record) => this.items.has(record))) {
        this.items = new RecordItems((time) => dayOf(time, this.#view.time === 'local'))
        this.before = reply.before
      }
      if (reply === undefined) this.items.skip({ count: null, errors: 0 })
      else this.items.append(reply.records)
    }
    const held = this.#held
    this.#held = null
    for (const act of held) act()
    this.#listener.changed()
  }

  #inTurn(act: () => void): void {
    if (this.#held === null) act()
    else this.#held.push(act)
  }

  /** What was written between the last answer and now comes with the new connection. */
  #attach(): void {
    this.isDetached = false
    this.#after = null
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
    if (end === 'newest') {
      this.isDetached = true
      this.#after = null
    } else this.before = this.items.first?.id ?? null
  }
}

export const ERRORS: ReadonlySet<string> = new Set(['error', 'crit', 'alert', 'emerg'])
