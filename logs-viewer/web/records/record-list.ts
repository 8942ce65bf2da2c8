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
import { Spoken } from './spoken.ts'
import { dayOf, dayText, zoneText } from './time-text.ts'
import { Viewport } from './viewport.ts'
import type { VisibleRows } from './visible-rows.ts'

/** How often rows are drawn anew in one frame: each is measured once, so that it comes to rest. */
const DRAWS_MAX = 4

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
  /** Named by the address: where the list begins, once it is there. */
  #wanted = ''
  #drawn: VisibleRows = { start: 0, end: 0 }
  #isPrinting = false
  #frame = 0
  #draws = 0
  readonly #viewport = new Viewport(this)
  readonly #spoken = new Spoken(() => this.#schedule())
  readonly #sizes = new ResizeObserver(() => this.#schedule())
  readonly #actions: RowActions = {
    open: (item) => this.#open(item),
    context: ({ id }) => this.dispatchEvent(new ViewChange({ id })),
    load: (item) => void this.feed?.load(item),
  }

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('beforeprint', this.#onPrint)
    addEventListener('afterprint', this.#onPrint)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('beforeprint', this.#onPrint)
    removeEventListener('afterprint', this.#onPrint)
    this.feed?.close()
    this.feed = undefined
    this.#sizes.disconnect()
    this.#spoken.close()
    cancelAnimationFrame(this.#frame)
  }

  /** What was still to be drawn when it was taken out of the page is not. */
  override shouldUpdate(): boolean {
    return this.isConnected
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
    this.#spoken.reset()
    this.#wanted = this.view.id
    this.#viewport.reset(this.view.id === '')
    this.feed = new RecordFeed(this.view, {
      changed: () => this.#schedule(),
      isReading: () => this.#viewport.isReading,
      arrived: (records) => this.dispatchEvent(new Arrival(records)),
    })
    this.requestUpdate()
  }

  override render(): TemplateResult {
    const feed = this.feed!
    const items = feed.items.all
    if (this.#wanted !== '') this.#startAt(this.#wanted)
    this.#drawn = this.#isPrinting ? { start: 0, end: items.length } : this.#viewport.find(items)
    const { start, end } = this.#drawn
    return html`
      <div class="scroller" role="grid" tabindex="0" aria-label="Records, the newest last" aria-rowcount="-1" aria-multiselectable="false"
        aria-activedescendant=${this.#current === undefined ? nothing : `row-${this.#current.key}`}
        ?data-nowrap=${this.view.wrap === 'off'} ?hidden=${items.length === 0}
        @scroll=${this.#onScroll} @click=${this.#onClick} @keydown=${this.#onKey}>
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
      ${feed.notLive === null || feed.notLive === feed.refusal ? nothing : this.#notLive(feed)} ${this.#follow()}
      <p class="spoken" role="status">${this.#spoken.text}</p>`
  }

  override firstUpdated(): void {
    this.#sizes.observe(this.#viewport.scroller)
    this.#sizes.observe(this.querySelector('.rows')!)
  }

  override updated(): void {
    const extra = parseList(this.view.columns).length
    this.style.setProperty('--extra', String(extra))
    this.toggleAttribute('data-columns', extra > 0)
    this.#settle()
    this.#spoken.follow(this.feed!, this.view)
    this.dispatchEvent(new Event('feed'))
  }

  // What the keyboard does.

  move(step: 1 | -1): void {
    const items = this.feed!.items.all
    if (this.#current === undefined) {
      this.#goToView()
      return
    }
    for (let i = items.indexOf(this.#current) + step; i >= 0 && i < items.length; i += step) {
      const item = items[i]!
      if (item.kind !== 'record') continue
      this.#goTo(item)
      return
    }
    void (step > 0 ? this.feed!.newer() : this.feed!.older())
  }

  /** The next record that holds; beyond those in the page, the next of a severity. */
  async seek(holds: (record: ShownRecord) => boolean, step: 1 | -1, severity?: string): Promise<void> {
    const feed = this.feed!
    const items = feed.items.all
    const at = this.#current === undefined ? (step > 0 ? -1 : items.length) : items.indexOf(this.#current)
    for (let i = at + step; i >= 0 && i < items.length; i += step) {
      const item = items[i]!
      if (item.kind !== 'record' || !holds(item.record)) continue
      this.#goTo(item)
      return
    }
    if (severity === undefined) {
      await (step > 0 ? feed.newer() : feed.older())
      return
    }
    const found = await feed.seek(severity, step > 0 ? 'after' : 'before')
    if (found !== undefined) this.#startAt(found.id)
    this.requestUpdate()
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

  /** Enough of them to tell what records have. */
  get newest(): readonly ShownRecord[] {
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
    if (this.feed!.isDetached) {
      this.restart()
      return
    }
    if (this.feed!.tail === 'refused') this.feed!.reconnect()
    this.#viewport.isFollowing = true
    this.feed!.read()
    this.#viewport.scroller.focus({ preventScroll: true })
    this.requestUpdate()
  }

  goToFirst(): void {
    this.#viewport.start(this.feed!.items.all[0], false)
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
    const { anchor, isReading } = this.#viewport
    const shown = isReading && anchor?.kind === 'record' ? anchor : items.findLast((item) => item.kind === 'record')
    const day = shown?.kind === 'record' ? dayText(dayOf(shown.record.received, isLocal)) : ''
    return html`<span role="columnheader" class="time">${zoneText(isLocal)}</span>
      <span role="columnheader" class="severity">Severity</span><span role="columnheader" class="source">Source</span>
      ${parseList(this.view.columns).map((name) => html`<span role="columnheader" class="column">${name}</span>`)}
      <span role="columnheader" class="message">Message <time class="day-shown">${day}</time></span>`
  }

  #past(): TemplateResult | string {
    const { before, canGoOn, hasRead, isLoading, progress, refusal, stopped } = this.feed!
    if (progress !== null) return 'Searching …'
    const sentence = stopped ?? refusal
    if (stopped !== null && !canGoOn) return `${stopped}.`
    if (sentence !== null)
      return html`${sentence}. <button type="button" @click=${() => this.feed?.goOn()}>${stopped === null ? 'Try again' : 'Go on'}</button>`
    if (isLoading || !hasRead) return 'Loading …'
    if (before === null)
      return this.view.from === '' && this.view.range === ''
        ? 'The log begins here'
        : 'The time that is shown begins here'
    return html`<button type="button" id="older" @click=${this.#older}>Show older records</button>`
  }

  readonly #older = () => void this.feed?.older()

  #notLive({ notLive, tail }: RecordFeed): TemplateResult {
    const again =
      tail === 'refused'
        ? html`<button type="button" @click=${() => this.feed?.reconnect()}>Connect again</button>`
        : 'The page asks again by itself.'
    return html`<p class="not-live" role="alert">New records do not appear: ${notLive}. ${again}</p>`
  }

  #follow(): TemplateResult | typeof nothing {
    const feed = this.feed!
    if (this.view.id !== '' || feed.items.size === 0 || (this.#viewport.isFollowing && !feed.isDetached)) return nothing
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

  /** As in every grid, when it has the focus itself. Pages are the browser's own. */
  readonly #onKey = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    if (event.key === 'ArrowDown') this.move(1)
    else if (event.key === 'ArrowUp') this.move(-1)
    else if (event.key === 'Home') this.goToFirst()
    else if (event.key === 'End') this.followNewest()
    else return
    event.preventDefault()
  }

  #open(item: RecordItem): void {
    item.isOpen = !item.isOpen
    this.#viewport.hold(this.feed!.items.all)
    this.requestUpdate()
    // It has its height when it was drawn.
    void this.updateComplete.then(() => item.isOpen && this.#show(item))
  }

  /** Nothing is current yet: then what is in view is, and of a list that is followed the newest. */
  #goToView(): void {
    const items = this.feed!.items.all
    const { anchor, isReading } = this.#viewport
    const at = isReading && anchor !== undefined ? items.indexOf(anchor) : -1
    const isRecord = (item: Item) => item.kind === 'record'
    const item = at === -1 ? items.findLast(isRecord) : items.slice(at).find(isRecord)
    if (item?.kind === 'record') this.#goTo(item)
  }

  #goTo(item: RecordItem): void {
    this.#current = item
    this.#viewport.hold(this.feed!.items.all)
    this.#show(item)
  }

  #show(item: RecordItem): void {
    this.#viewport.show(this.feed!.items.all, item)
    this.requestUpdate()
  }

  #startAt(id: string): void {
    const item = this.feed!.items.all.find((other) => other.kind === 'record' && other.record.id === id)
    if (item?.kind !== 'record') return
    this.#wanted = ''
    this.#current = item
    this.#viewport.start(item, true)
  }

  #settle(): void {
    const feed = this.feed!
    if (this.#viewport.isResized()) feed.items.forgetHeights()
    const { isWhole, isFirst, isAtTop } = this.#viewport.settle(feed.items.all, this.#drawn)
    if (isFirst) this.#schedule()
    if (!isWhole && this.#draws++ < DRAWS_MAX) this.requestUpdate()
    else this.#draws = 0
    if (isAtTop && feed.refusal === null) void feed.older()
  }

  readonly #onScroll = () => {
    const feed = this.feed!
    const scrolled = this.#viewport.scrolled(feed.items.all)
    if (scrolled === null) return
    const { isAtBottom } = scrolled
    this.#viewport.isFollowing = isAtBottom && !feed.isDetached && this.view.id === ''
    if (this.#viewport.isFollowing) feed.read()
    this.requestUpdate()
    if (isAtBottom) void feed.newer()
  }

  /** Paper shows all rows, and does not wait for a frame. */
  readonly #onPrint = ({ type }: Event) => {
    this.#isPrinting = type === 'beforeprint'
    this.requestUpdate()
    this.performUpdate()
  }

  /** At most once a frame; a tab in the background draws none. */
  #schedule(): void {
    if (this.#drawn.end === 0) {
      // The first rows are not for the next frame, but for this one.
      this.requestUpdate()
      return
    }
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
