// The list of records: the newest at the bottom, followed as long as nobody reads further up.
import type { ShownRecord, Skipped } from '../query/wire.ts'
import { createMissingRecords, type MissingRecords } from './missing-records.ts'
import { createDayRow, createMissingRow, createRecordRow, createSkippedRow } from './record-row.ts'

/** More rows make a browser slow; the files have the rest. */
const ROWS_MAX = 5000

/** How near to the bottom counts as at the bottom, in pixels. */
const NEAR_BOTTOM = 24

export interface RecordListOptions {
  readonly scroller: HTMLElement
  readonly list: HTMLOListElement
  readonly follow: HTMLButtonElement
  /** Somebody wants the newest records and the page does not have them all. */
  reload(): void
}

export class RecordList {
  readonly #options: RecordListOptions
  readonly #ids = new Set<string>()
  #waiting: ShownRecord[] = []
  #newestId: string | undefined
  #missing: MissingRecords = () => 0
  #isWhole = false
  #isFollowing = true
  #unread = 0
  /** Records came that are not in the list, because it was full while somebody read it. */
  #isBehind = false
  #frame = 0
  #top = 0

  constructor(options: RecordListOptions) {
    this.#options = options
    const { scroller, list, follow } = options
    scroller.addEventListener('scroll', () => {
      // Where we have put it ourselves says nothing about what a person wants.
      if (scroller.scrollTop === this.#top) return
      this.#top = scroller.scrollTop
      this.#setFollowing(this.#isAtBottom())
    })
    // Whoever opens a stack or walks through the rows is reading, wherever that is.
    list.addEventListener('toggle', ({ target }) => this.#showOpened(target as HTMLDetailsElement), true)
    list.addEventListener('focusin', ({ target }) => {
      if (target instanceof Element && target.matches(':focus-visible')) this.#setFollowing(false)
    })
    const resizes = new ResizeObserver(() => this.#keepBottom())
    for (const sized of [scroller, ...scroller.children]) resizes.observe(sized)
    follow.addEventListener('click', () => this.followNewest())
  }

  get isEmpty(): boolean {
    return this.#ids.size === 0 && this.#waiting.length === 0
  }

  /** The one that came last. */
  get newestId(): string | undefined {
    return this.#waiting.at(-1)?.id ?? this.#newestId
  }

  /** Replaces everything. `isWhole`: the filter lets all records of a process through, so that a hole in their numbers is a loss. */
  reset(records: readonly ShownRecord[], isWhole: boolean): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    this.#waiting = []
    this.#newestId = undefined
    this.#isWhole = isWhole
    this.#missing = this.#createMissing()
    this.#ids.clear()
    this.#options.list.replaceChildren()
    this.#isBehind = false
    this.#unread = 0
    this.#appendRows(records)
    this.#setFollowing(true)
    this.#scrollToBottom()
  }

  /** Live records: drawn with the next frame, however many they are. */
  append(record: ShownRecord): void {
    this.#waiting.push(record)
    // A tab in the background draws no frames; it gets the newest ones when it is looked at.
    if (this.#waiting.length > ROWS_MAX) {
      this.#waiting.splice(0, ROWS_MAX / 2)
      this.#missing = this.#createMissing()
    }
    this.#frame ||= requestAnimationFrame(() => this.#drawWaiting())
  }

  /** Older records above what is shown; what somebody reads stays where it is. */
  prepend(records: readonly ShownRecord[]): void {
    const { scroller, list } = this.#options
    const height = scroller.scrollHeight
    const first = list.querySelector<HTMLElement>('.day')
    const rows = this.#createRows(records, undefined, this.#createMissing())
    // The day that went on where these end has its row further up now.
    if (first !== null && first === list.firstElementChild && records.at(-1)?.received.startsWith(first.dataset.day!)) {
      first.remove()
    }
    list.prepend(...rows)
    this.#scrollTo(scroller.scrollTop + scroller.scrollHeight - height)
  }

  skipped({ count, errors }: Skipped): void {
    const records =
      count === null ? 'Some records are' : count === 1 ? '1 record is' : `${count.toLocaleString('en')} records are`
    const among = errors === 0 ? '' : `, ${errors.toLocaleString('en')} of them errors`
    this.#drawWaiting()
    this.#missing = this.#createMissing()
    this.#options.list.append(
      createSkippedRow(`${records} not shown here${among}: they came faster than this page`, () =>
        this.#options.reload(),
      ),
    )
    this.#keepBottom()
  }

  followNewest(): void {
    if (this.#isBehind) {
      this.#options.reload()
      return
    }
    getSelection()?.removeAllRanges()
    this.#options.scroller.focus({ preventScroll: true })
    this.#setFollowing(true)
    this.#scrollToBottom()
  }

  #drawWaiting(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    const records = this.#waiting
    this.#waiting = []
    const isReading = !this.#isFollowing || this.#isSelecting()
    if (isReading && this.#ids.size + records.length > ROWS_MAX) {
      this.#isBehind = true
      this.#unread += records.length
    } else {
      const count = this.#appendRows(records)
      if (isReading) this.#unread += count
      else this.#trim()
    }
    this.#keepBottom()
    this.#showFollow()
  }

  /** How many of them were new. */
  #appendRows(records: readonly ShownRecord[]): number {
    const { list } = this.#options
    const before = this.#ids.size
    this.#newestId = records.at(-1)?.id ?? this.#newestId
    const day = [...list.querySelectorAll<HTMLElement>('.day')].at(-1)?.dataset.day
    list.append(...this.#createRows(records, day, this.#missing))
    return this.#ids.size - before
  }

  /** What the page has left out itself is nobody's loss: then the numbers are looked at anew. */
  #createMissing(): MissingRecords {
    return this.#isWhole ? createMissingRecords() : () => 0
  }

  #createRows(
    records: readonly ShownRecord[],
    dayBefore: string | undefined,
    countMissing: MissingRecords,
  ): HTMLElement[] {
    const rows: HTMLElement[] = []
    let day = dayBefore
    for (const record of records) {
      if (this.#ids.has(record.id)) continue
      this.#ids.add(record.id)
      const own = record.received.slice(0, 10)
      if (own !== day) rows.push(createDayRow(own))
      day = own
      const missing = countMissing(record)
      if (missing > 0) rows.push(createMissingRow(missing, record))
      rows.push(createRecordRow(record))
    }
    return rows
  }

  #trim(): void {
    const { list } = this.#options
    while (this.#ids.size > ROWS_MAX && list.firstElementChild !== null) {
      const id = (list.firstElementChild as HTMLElement).dataset.id
      if (id !== undefined) this.#ids.delete(id)
      list.firstElementChild.remove()
    }
  }

  #isSelecting(): boolean {
    const selection = getSelection()
    return selection?.type === 'Range' && this.#options.list.contains(selection.anchorNode)
  }

  #isAtBottom(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#options.scroller
    return scrollHeight - scrollTop - clientHeight <= NEAR_BOTTOM
  }

  #setFollowing(isFollowing: boolean): void {
    this.#isFollowing = isFollowing && !this.#isBehind
    if (this.#isFollowing) this.#unread = 0
    this.#showFollow()
  }

  #keepBottom(): void {
    if (this.#isFollowing && !this.#isSelecting()) this.#scrollToBottom()
  }

  #showOpened(details: HTMLDetailsElement): void {
    this.#setFollowing(false)
    if (details.open) details.scrollIntoView({ block: 'nearest' })
    this.#top = this.#options.scroller.scrollTop
  }

  #scrollToBottom(): void {
    this.#scrollTo(this.#options.scroller.scrollHeight)
  }

  #scrollTo(top: number): void {
    const { scroller } = this.#options
    scroller.scrollTop = top
    this.#top = scroller.scrollTop
  }

  #showFollow(): void {
    const { follow } = this.#options
    const count = this.#unread.toLocaleString('en')
    follow.textContent = this.#unread === 0 ? 'Follow the newest ↓' : `${count} new ↓`
    follow.hidden = this.#isFollowing
  }
}
