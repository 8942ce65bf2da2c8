// The list of records: the newest at the bottom, followed as long as nobody reads further up. Of up to 5,000 records only those in
// view are drawn, and what somebody looks at stays where it is, whatever comes, goes or grows above and below it.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { guard } from 'lit/directives/guard.js'
import { repeat } from 'lit/directives/repeat.js'
import type { ShownRecord } from '../../query/wire.ts'
import { PageElement } from '../frame/page-element.ts'
import { parseList, type View, ViewChange } from '../question/address.ts'
import { parseTerms } from '../question/parse-terms.ts'
import { compileHits } from './find-hits.ts'
import { listSentence } from './list-sentence.ts'
import { ERRORS, RecordFeed } from './record-feed.ts'
import type { Item, RecordItem } from './record-items.ts'
import { type Look, type RowActions, rowContent } from './record-row.ts'
import { searchProgress } from './search-progress.ts'
import { dayOf, dayText, zoneText } from './time-text.ts'
import { findVisible, rowAt, topOf, type VisibleRows } from './visible-rows.ts'

/** How near to the bottom counts as at the bottom, in pixels. */
const NEAR_BOTTOM = 24

/** Drawn beyond what is in view, so that scrolling finds rows there. */
const BEYOND = 600

/** How often heights are looked at anew in one frame: each row is measured once, so that it comes to rest. */
const MEASURES_MAX = 4

/** Told to the page. */
export class Arrival extends Event {
  static readonly type = 'arrival'
  readonly records: readonly ShownRecord[]
  constructor(records: readonly ShownRecord[]) {
    super(Arrival.type, { bubbles: true })
    this.records = records
  }
}

export class RecordList extends PageElement {
  static override properties = { view: {} }
  declare view: View
  feed: RecordFeed | undefined
  #look: Look = { view: {} as View, patterns: [] }
  #current: RecordItem | undefined
  #isFollowing = true
  /** The row at the top of what is in view, and how far it is scrolled out. */
  #anchor: { item: Item; offset: number } | undefined
  #visible: VisibleRows = { start: 0, end: 0, above: 0, below: 0 }
  #usual = 20
  #top = 0
  #frame = 0
  #measures = 0
  readonly #sizes = new ResizeObserver(() => this.#schedule())
  #width = 0
  readonly #actions: RowActions = {
    open: (item) => this.#open(item),
    context: ({ id }) => this.dispatchEvent(new ViewChange({ id })),
    load: (item) => void this.feed?.load(item),
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.feed?.close()
    this.feed = undefined
    this.#sizes.disconnect()
    cancelAnimationFrame(this.#frame)
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('view')) return
    const before = changed.get('view') as View | undefined
    this.#look = { view: this.view, patterns: compileHits(parseTerms(this.view.q)) }
    this.feed?.items.forgetHeights()
    if (before !== undefined && this.feed !== undefined && isSameQuestion(before, this.view)) return
    this.restart()
  }

  /** Asks anew, from the newest on. */
  restart(): void {
    this.feed?.close()
    this.#current = undefined
    this.#anchor = undefined
    this.#isFollowing = this.view.id === ''
    this.feed = new RecordFeed(this.view, {
      changed: () => this.#schedule(),
      isReading: () => !this.#isFollowing || this.#isSelecting(),
      arrived: (records) => this.dispatchEvent(new Arrival(records)),
    })
    this.requestUpdate()
  }

  override render(): TemplateResult {
    const feed = this.feed!
    const items = feed.items.all
    if (this.view.id !== '' && this.#current === undefined) this.#startAt(this.view.id)
    this.#visible = this.#findVisible()
    const { start, end } = this.#visible
    return html`
      <div class="scroller" role="grid" tabindex="0" aria-label="Records, the newest last" aria-rowcount="-1" aria-multiselectable="false"
        aria-activedescendant=${this.#current === undefined ? nothing : `row-${this.#current.key}`}
        ?data-nowrap=${this.view.wrap === 'off'} ?hidden=${items.length === 0}
        @scroll=${this.#onScroll} @click=${this.#onClick}>
        <div class="head" role="row">${this.#head(items)}</div>
        <div class="past" role="row"><span role="gridcell">${this.#past()}</span></div>
        <div class="rows" role="rowgroup">${repeat(
          items.slice(start, end),
          ({ key }) => key,
          (item) => this.#row(item),
        )}</div>
      </div>
      ${items.length === 0 ? listSentence(feed, this.view) : nothing}
      ${feed.progress === null ? nothing : searchProgress(feed.progress, feed.items.size, this.view, () => feed.cancel())}
      ${this.#follow()}`
  }

  override firstUpdated(): void {
    this.#sizes.observe(this.#scroller)
    this.#sizes.observe(this.querySelector('.rows')!)
  }

  override updated(): void {
    const extra = parseList(this.view.columns).length
    this.style.setProperty('--extra', String(extra))
    this.toggleAttribute('data-columns', extra > 0)
    this.#place()
    this.dispatchEvent(new Event('feed'))
  }

  // What the keyboard does.

  move(step: number): void {
    const items = this.feed!.items.all
    const at = this.#current === undefined ? (step > 0 ? -1 : items.length) : items.indexOf(this.#current)
    for (let i = at + step; i >= 0 && i < items.length; i += step) {
      const item = items[i]!
      if (item.kind === 'record') return this.#goTo(item)
    }
    if (step > 0) void this.feed!.newer()
    else void this.feed!.older()
  }

  /** The next record that holds; beyond those in the page, the next of a severity. */
  async seek(holds: (record: ShownRecord) => boolean, step: 1 | -1, severity?: string): Promise<void> {
    const feed = this.feed!
    const items = feed.items.all
    const at = this.#current === undefined ? (step > 0 ? -1 : items.length) : items.indexOf(this.#current)
    for (let i = at + step; i >= 0 && i < items.length; i += step) {
      const item = items[i]!
      if (item.kind === 'record' && holds(item.record)) return this.#goTo(item)
    }
    if (severity === undefined) return step > 0 ? feed.newer() : feed.older()
    const found = await feed.seek(severity, step > 0 ? 'after' : 'before')
    if (found !== undefined) this.#startAt(found.id)
  }

  seekError(step: 1 | -1): void {
    void this.seek(({ severity }) => ERRORS.has(severity), step, 'error')
  }

  seekHit(step: 1 | -1): void {
    const { patterns } = this.#look
    const has = (text: string | undefined) =>
      text !== undefined && patterns.some((pattern) => text.search(pattern) !== -1)
    void this.seek(({ message, stack, fields }) => has(message) || has(stack) || has(JSON.stringify(fields)), step)
  }

  openCurrent(): void {
    if (this.#current !== undefined) this.#open(this.#current)
  }

  get current(): ShownRecord | undefined {
    return this.#current?.record
  }

  get columnsSeen(): readonly ShownRecord[] {
    return this.feed?.items.all.slice(-300).flatMap((item) => (item.kind === 'record' ? [item.record] : [])) ?? []
  }

  /** Down to the newest record, and on with it. */
  followNewest(): void {
    if (this.feed!.tail === 'off' || this.view.id !== '') {
      this.dispatchEvent(new ViewChange({ id: '', to: '', from: '' }))
      return
    }
    getSelection()?.removeAllRanges()
    this.#current = undefined
    if (this.feed!.isDetached) return this.restart()
    this.#isFollowing = true
    this.feed!.read()
    this.#scroller.focus({ preventScroll: true })
    this.requestUpdate()
  }

  goToFirst(): void {
    this.#isFollowing = false
    const item = this.feed!.items.all[0]
    this.#anchor = item === undefined ? undefined : { item, offset: 0 }
    this.requestUpdate()
    void this.feed!.older()
  }

  // Rows.

  #row(item: Item): TemplateResult {
    const isCurrent = item === this.#current
    const isRecord = item.kind === 'record'
    return html`<div role="row" class="row ${item.kind}" id="row-${item.key}" data-key=${item.key}
      data-severity=${isRecord ? item.record.severity : nothing} ?data-open=${isRecord && item.isOpen}
      aria-selected=${isRecord ? String(isCurrent) : nothing}>${guard([item, isRecord && item.isOpen, this.#look], () =>
        rowContent(item, this.#look, this.#actions),
      )}</div>`
  }

  #head(items: readonly Item[]): TemplateResult {
    const isLocal = this.view.time === 'local'
    const top = items.slice(this.#visible.start).find((item) => item.kind === 'record')
    const shown = this.#anchor?.item.kind === 'record' ? this.#anchor.item : top
    const day = shown?.kind === 'record' ? dayText(dayOf(shown.record.received, isLocal)) : ''
    return html`<span role="columnheader" class="time">${zoneText(isLocal)}</span>
      <span role="columnheader" class="severity">Severity</span><span role="columnheader" class="source">Source</span>
      ${parseList(this.view.columns).map((name) => html`<span role="columnheader" class="column">${name}</span>`)}
      <span role="columnheader" class="message">Message <time class="day-shown">${day}</time></span>`
  }

  #past(): TemplateResult | string {
    const { before, progress, stopped } = this.feed!
    if (progress !== null) return 'Searching …'
    if (stopped !== null)
      return html`${stopped}. ${before === null ? nothing : html`<button type="button" @click=${this.#older}>Go on</button>`}`
    if (before === null)
      return this.view.from === '' && this.view.range === ''
        ? 'The log begins here'
        : 'The time that is shown begins here'
    return html`<button type="button" id="older" @click=${this.#older}>Show older records</button>`
  }

  readonly #older = () => void this.feed?.older()

  #follow(): TemplateResult | typeof nothing {
    const feed = this.feed!
    if (this.view.id !== '' || feed.items.size === 0 || (this.#isFollowing && !feed.isDetached)) return nothing
    const { count, errors } = feed.unread
    const among = errors === 0 ? '' : ` (${errors.toLocaleString('en')} ${errors === 1 ? 'error' : 'errors'})`
    const text = count === 0 ? 'Follow' : `${count.toLocaleString('en')} new${among}`
    return html`<button type="button" id="follow" @click=${this.followNewest}>${text} <span aria-hidden="true">↓</span></button>`
  }

  #onClick({ target }: MouseEvent): void {
    const element = target as Element
    if (element.closest('button, a, summary, .more, .head, .past') !== null || getSelection()?.type === 'Range') return
    const key = Number(element.closest<HTMLElement>('.record')?.dataset.key ?? -1)
    const item = this.feed!.items.all.find((other) => other.key === key)
    if (item?.kind !== 'record') return
    this.#current = item
    this.#open(item)
  }

  #open(item: RecordItem): void {
    item.isOpen = !item.isOpen
    this.#hold()
    this.requestUpdate()
    void this.updateComplete.then(() => {
      if (item.isOpen) this.#show(item)
    })
  }

  #goTo(item: RecordItem): void {
    this.#current = item
    this.#hold()
    this.#show(item)
  }

  #startAt(id: string): void {
    const items = this.feed!.items.all
    const index = items.findIndex((item) => item.kind === 'record' && item.record.id === id)
    const item = items[index]
    if (item?.kind !== 'record') return
    this.#current = item
    this.#isFollowing = false
    this.#anchor = { item, offset: -this.#height / 3 }
    this.requestUpdate()
  }

  // Places. All of them are in pixels from the first row's top.

  get #scroller(): HTMLElement {
    return this.querySelector<HTMLElement>('.scroller')!
  }

  /** What can be seen of the rows at a time. */
  get #height(): number {
    const scroller = this.querySelector<HTMLElement>('.scroller')
    return scroller === null ? 0 : scroller.clientHeight - (scroller.firstElementChild as HTMLElement).offsetHeight
  }

  /** Above the rows, in the flow, beside the head that stays in view. */
  get #pastHeight(): number {
    return this.querySelector<HTMLElement>('.past')!.offsetHeight
  }

  #findVisible(): VisibleRows {
    const items = this.feed!.items.all
    const height = this.#height || 900
    const place = this.#placeOfView(items, height)
    return findVisible(items, this.#usual, { from: place - BEYOND, to: place + height + BEYOND })
  }

  /** Where what is in view begins. */
  #placeOfView(items: readonly Item[], height: number): number {
    if (this.#isFollowing && !this.#isSelecting()) return topOf(items, this.#usual, items.length) - height
    const at = this.#anchor === undefined ? -1 : items.indexOf(this.#anchor.item)
    if (at === -1) return 0
    return topOf(items, this.#usual, at) + this.#anchor!.offset
  }

  /** After drawing: rows are as high as they are now, and what is in view is put where it was. */
  #place(): void {
    const rows = this.querySelector<HTMLElement>('.rows')!
    const scroller = this.#scroller
    if (scroller.clientWidth !== this.#width) {
      this.#width = scroller.clientWidth
      this.feed!.items.forgetHeights()
    }
    const items = this.feed!.items.all
    this.#measure(rows, items)
    const { start, end } = this.#visible
    const above = topOf(items, this.#usual, start)
    const whole = topOf(items, this.#usual, items.length)
    rows.style.paddingTop = `${above}px`
    rows.style.paddingBottom = `${Math.max(0, whole - topOf(items, this.#usual, end))}px`
    const height = this.#height
    const isFollowing = this.#isFollowing && !this.#isSelecting()
    const place = this.#placeOfView(items, height)
    this.#scrollTo(isFollowing ? scroller.scrollHeight : place + this.#pastHeight)
    const needed = findVisible(items, this.#usual, { from: place, to: place + height })
    if ((needed.start < start || needed.end > end) && this.#measures++ < MEASURES_MAX) this.requestUpdate()
    else this.#measures = 0
    if (place < height && this.feed!.refusal === null && this.feed!.stopped === null) void this.feed!.older()
  }

  #measure(rows: HTMLElement, items: readonly Item[]): void {
    let sum = 0
    let count = 0
    let index = this.#visible.start
    for (const row of rows.children) {
      const item = items[index++]
      if (item === undefined) break
      item.height = row.getBoundingClientRect().height
      if (item.kind !== 'record' || item.isOpen) continue
      sum += item.height
      count++
    }
    // Those that were never drawn are taken to be like those that are.
    if (count > 10) this.#usual = sum / count
  }

  readonly #onScroll = () => {
    const scroller = this.#scroller
    // Where we have put it ourselves says nothing about what a person wants.
    if (Math.abs(scroller.scrollTop - this.#top) < 1) return
    this.#top = scroller.scrollTop
    const isAtBottom = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight <= NEAR_BOTTOM
    this.#isFollowing = isAtBottom && !this.feed!.isDetached && this.view.id === ''
    if (this.#isFollowing) this.feed!.read()
    this.#setAnchor()
    this.requestUpdate()
    if (isAtBottom) void this.feed!.newer()
  }

  /** Holds what is in view where it is. */
  #hold(): void {
    if (!this.#isFollowing) return
    this.#isFollowing = false
    this.#setAnchor()
  }

  #setAnchor(): void {
    const items = this.feed!.items.all
    const { index, offset } = rowAt(items, this.#usual, this.#scroller.scrollTop - this.#pastHeight)
    const item = items[index]
    this.#anchor = item === undefined ? undefined : { item, offset }
  }

  /** Scrolls no further than it has to. */
  #show(item: Item): void {
    const items = this.feed!.items.all
    const top = topOf(items, this.#usual, items.indexOf(item))
    const bottom = top + (item.height || this.#usual)
    const from = this.#scroller.scrollTop - this.#pastHeight
    const height = this.#height
    if (top < from) this.#anchor = { item, offset: 0 }
    else if (bottom > from + height) this.#anchor = { item, offset: Math.min(0, bottom - top - height) }
    this.requestUpdate()
  }

  #scrollTo(top: number): void {
    const scroller = this.#scroller
    if (Math.abs(scroller.scrollTop - top) >= 1) scroller.scrollTop = top
    this.#top = scroller.scrollTop
  }

  #isSelecting(): boolean {
    const selection = getSelection()
    return selection?.type === 'Range' && this.contains(selection.anchorNode)
  }

  /** At most once a frame; a tab in the background draws none. */
  #schedule(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.requestUpdate()
    })
  }
}
customElements.define('log-records', RecordList)

/** Columns, wrapping and marks change how rows look, and not which. The zone decides where days begin. */
function isSameQuestion(before: View, now: View): boolean {
  const { columns: _columns, wrap: _wrap, ...then } = before
  const { columns: _now, wrap: _nowWrap, ...rest } = now
  return JSON.stringify(then) === JSON.stringify(rest)
}
