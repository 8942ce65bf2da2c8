// Records over time, and a brush to take a part of it: with the mouse, a finger, or arrows, Shift and Enter.
import { html, nothing, type PropertyValues, svg, type TemplateResult } from 'lit'
import type { HistogramReply } from '../../query/wire.ts'
import { PageElement } from '../frame/page-element.ts'
import { clockOf, momentText } from '../records/time-text.ts'
import { renderQuestion, type View, ViewChange } from './address.ts'
import { ask, isRefused, sentenceOf } from './ask.ts'
import { type Bar, barsOf, ticksOf } from './bars.ts'

/** While records arrive it is asked for again so often. */
const REFRESH_MS = 5000

const UP = 40
const DOWN = 16

/** Wide enough to be hit, and few enough to be counted quickly. */
const BAR_WIDTH = 7
const BUCKETS_MAX = 240

/** A shorter drag is a click. */
const DRAG_MIN = 4

/** Between two times of the axis, in pixels. */
const TICK_APART = 70

const DAY_MS = 86_400_000

class Histogram extends PageElement {
  static override properties = {
    view: {},
    isReady: {},
    reply: { state: true },
    from: { state: true },
    to: { state: true },
    width: { state: true },
  }
  declare view: View
  /** False while the list, which people look at first, waits for its first answer. */
  declare isReady: boolean
  declare reply: HistogramReply | null
  /** Of the brush, in pixels; null: nothing is taken. */
  declare from: number | null
  declare to: number | null
  declare width: number
  #question = ''
  /** What `reply` answers. */
  #answered = ''
  #asked = new AbortController()
  #isStale = false
  #timer = 0
  readonly #sizes = new ResizeObserver(([entry]) => (this.width = Math.floor(entry!.contentRect.width)))

  constructor() {
    super()
    this.isReady = true
    this.reply = null
    this.from = null
    this.to = null
    this.width = 0
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#sizes.observe(this)
    this.#timer = setInterval(
      () => this.#isStale && document.visibilityState === 'visible' && void this.#ask(),
      REFRESH_MS,
    )
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#sizes.disconnect()
    this.#asked.abort()
    clearInterval(this.#timer)
  }

  /** Records have come: it is asked for again soon. */
  stale(): void {
    this.#isStale = true
  }

  /** Of another login: asks again at once. */
  restart(): void {
    void this.#ask()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (this.width === 0 || !this.isReady) return
    const question = renderQuestion(this.view, 0).toString()
    const isFirst = (changed.has('width') && changed.get('width') === 0) || changed.get('isReady') === false
    if (question === this.#question && !isFirst) return
    this.#question = question
    this.from = null
    void this.#ask()
  }

  override render(): TemplateResult {
    const { reply, width } = this
    if (reply === null || width === 0) return html`<div class="bars"></div>`
    const bars = barsOf(reply, width)
    return html`<p class="readout" id="histogram-readout">${this.#readout(bars, reply)}</p>
      <div class="bars" role="slider" tabindex="0" aria-label="Time that is taken out of the histogram" aria-orientation="horizontal"
        aria-valuemin="0" aria-valuemax=${width} aria-valuenow=${Math.round(this.to ?? width)} aria-valuetext=${this.#spoken(bars, reply)}
        @pointerdown=${this.#press} @pointermove=${this.#drag} @pointerup=${this.#release} @pointercancel=${this.#clear} @pointerleave=${this.#leave}
        @keydown=${this.#key}>
        <svg width=${width} height=${UP + DOWN + 1} aria-hidden="true">
          ${bars.map(drawBar)}
          <path class="line" d="M0 ${UP + 0.5}H${width}" />
          ${this.from === null || this.to === null ? nothing : svg`<rect class="brush" x=${Math.min(this.from, this.to)} y="0" width=${Math.max(1, Math.abs(this.to - this.from))} height=${UP + DOWN + 1} />`}
        </svg>
      </div>
      <svg class="axis" width=${width} height="15" aria-hidden="true">${bars.length === 0 ? nothing : this.#ticks(reply)}</svg>`
  }

  #readout(bars: readonly Bar[], reply: HistogramReply): unknown {
    const isAll = this.from === null || this.to === null
    const { fromMs, toMs } = isAll ? reply : this.#taken(reply)
    const counted = bars.filter(({ atMs }) => atMs + reply.stepMs > fromMs && atMs < toMs)
    const sum = (name: 'errors' | 'warnings' | 'others') => counted.reduce((total, bar) => total + bar[name], 0)
    const all = sum('errors') + sum('warnings') + sum('others')
    const isLocal = this.view.time === 'local'
    const text = (ms: number) => momentText(ms, isLocal, toMs - fromMs < 3_600_000)
    const canZoomOut = this.view.range !== '' || this.view.from !== '' || this.view.to !== ''
    return html`<b>${all.toLocaleString('en')}</b> ${all === 1 ? 'record' : 'records'}
      ${sum('errors') > 0 ? html`<span class="errors"><b>${sum('errors').toLocaleString('en')}</b> ${sum('errors') === 1 ? 'error' : 'errors'}</span>` : nothing}
      ${sum('warnings') > 0 ? html`<span class="warnings"><b>${sum('warnings').toLocaleString('en')}</b> ${sum('warnings') === 1 ? 'warning' : 'warnings'}</span>` : nothing}
      ${bars.length === 0 ? nothing : html`<span class="span">${text(fromMs)} – ${text(toMs)}</span>`}
      ${canZoomOut ? html`<button type="button" @click=${this.#zoomOut}>Zoom out</button>` : nothing}`
  }

  #spoken(bars: readonly Bar[], reply: HistogramReply): string {
    const { fromMs, toMs } = this.from === null ? reply : this.#taken(reply)
    const counted = bars.filter(({ atMs }) => atMs + reply.stepMs > fromMs && atMs < toMs)
    const records = counted.reduce((total, { errors, warnings, others }) => total + errors + warnings + others, 0)
    const errors = counted.reduce((total, bar) => total + bar.errors, 0)
    const isLocal = this.view.time === 'local'
    return `${momentText(fromMs, isLocal, true)} to ${momentText(toMs, isLocal, true)}: ${records} records, ${errors} errors`
  }

  #ticks({ fromMs, toMs }: HistogramReply): unknown {
    const isLocal = this.view.time === 'local'
    const shiftMs = isLocal ? -new Date(toMs).getTimezoneOffset() * 60_000 : 0
    const ticks = ticksOf(fromMs, toMs, TICK_APART / this.width, shiftMs)
    const stepMs = (ticks[1] ?? toMs) - (ticks[0] ?? fromMs)
    return ticks.map((ms) => {
      const x = ((ms - fromMs) / (toMs - fromMs)) * this.width
      if (x > this.width - 60) return nothing
      const [month, day] = momentText(ms, isLocal).split(' ')
      const clock = clockOf(new Date(ms).toISOString(), isLocal)
      const isMidnight = clock.startsWith('00:00:00')
      const text = stepMs >= DAY_MS || isMidnight ? `${month} ${day}` : clock.slice(0, stepMs < 60_000 ? 8 : 5)
      return svg`<path d="M${x} 0v4" /><text x=${x + 3} y="12">${text}</text>`
    })
  }

  async #ask(): Promise<void> {
    this.#asked.abort()
    this.#asked = new AbortController()
    this.#isStale = false
    const words = renderQuestion(this.view, Date.now())
    words.set('buckets', String(Math.max(20, Math.min(BUCKETS_MAX, Math.floor(this.width / BAR_WIDTH)))))
    const question = this.#question
    try {
      this.reply = await ask<HistogramReply>(`/api/histogram?${words}`, { signal: this.#asked.signal })
      this.#answered = question
    } catch (error) {
      // The list says why.
      if (sentenceOf(error) === null) return
      if (this.#answered !== question) this.reply = null
      this.#isStale = !isRefused(error)
    }
  }

  // The brush.

  #taken({ fromMs, toMs }: HistogramReply): { fromMs: number; toMs: number } {
    const ends = [this.from ?? 0, this.to ?? this.width].sort((a, b) => a - b)
    const [from, to] = ends.map((x) => fromMs + ((toMs - fromMs) * x) / this.width) as [number, number]
    return { fromMs: from, toMs: to }
  }

  #zoom(): void {
    const { reply } = this
    if (reply === null || this.from === null || this.to === null) return
    const { fromMs, toMs } = this.#taken(reply)
    // What reaches to the end goes on to now.
    const isLive = Math.max(this.from, this.to) >= this.width - 1 && this.view.to === ''
    const change = { range: '', from: iso(fromMs), to: isLive ? '' : iso(toMs), id: '' }
    this.#clear()
    this.dispatchEvent(new ViewChange(change))
  }

  /** Three times as much, and at last all. */
  readonly #zoomOut = () => {
    const { reply } = this
    if (reply === null) return
    const spanMs = reply.toMs - reply.fromMs
    const isLong = this.view.range !== '' || spanMs > 10 * DAY_MS
    const toMs = reply.toMs + spanMs
    const from = isLong ? '' : iso(reply.fromMs - spanMs)
    this.dispatchEvent(new ViewChange({ range: '', from, to: isLong || toMs > Date.now() ? '' : iso(toMs), id: '' }))
  }

  readonly #clear = () => {
    this.from = null
    this.to = null
    this.#isDragging = false
  }

  #isDragging = false

  readonly #place = (event: PointerEvent) => {
    const { left } = (event.currentTarget as Element).getBoundingClientRect()
    return Math.max(0, Math.min(this.width, event.clientX - left))
  }

  readonly #press = (event: PointerEvent) => {
    if (event.button !== 0) return
    ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
    this.#isDragging = true
    this.from = this.#place(event)
    this.to = this.from
  }

  /** Without a button pressed it tells what is under the pointer. */
  readonly #drag = (event: PointerEvent) => {
    const x = this.#place(event)
    const barWidth = this.#barWidth()
    if (!this.#isDragging) this.from = Math.floor(x / barWidth) * barWidth
    this.to = this.#isDragging ? x : this.from! + barWidth
  }

  readonly #release = () => {
    if (!this.#isDragging) return
    if (Math.abs((this.to ?? 0) - (this.from ?? 0)) >= DRAG_MIN) this.#zoom()
    this.#isDragging = false
  }

  readonly #leave = () => {
    if (!this.#isDragging) this.#clear()
  }

  #barWidth(): number {
    const { reply, width } = this
    return reply === null ? BAR_WIDTH : (reply.stepMs / (reply.toMs - reply.fromMs)) * width
  }

  readonly #key = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (event.key === 'Enter') this.#zoom()
    else if (event.key === 'Escape') this.#clear()
    else if (step !== undefined) this.#step(step * this.#barWidth(), event.shiftKey)
    else return
    event.preventDefault()
  }

  #step(by: number, isTaking: boolean): void {
    const at = Math.max(0, Math.min(this.width, (this.to ?? this.width) + by))
    if (!isTaking || this.from === null) this.from = isTaking ? (this.to ?? this.width) : Math.max(0, at - Math.abs(by))
    this.to = at
  }
}
customElements.define('log-histogram', Histogram)

export type { Histogram }

/** What there is at all is at least a pixel. */
function drawBar({ x, width, othersHeight, warningsHeight, errorsHeight }: Bar): unknown {
  const others = px(othersHeight, UP)
  const warnings = px(warningsHeight, UP)
  const errors = px(errorsHeight, DOWN)
  return svg`${others > 0 ? svg`<rect class="others" x=${x} y=${UP - others} width=${width} height=${others} />` : nothing}${
    warnings > 0
      ? svg`<rect class="warnings" x=${x} y=${Math.max(0, UP - others - warnings)} width=${width} height=${warnings} />`
      : nothing
  }${errors > 0 ? svg`<rect class="errors" x=${x} y=${UP + 1} width=${width} height=${errors} />` : nothing}`
}

function px(share: number, height: number): number {
  return share === 0 ? 0 : Math.max(1, share * height)
}

function iso(ms: number): string {
  return new Date(Math.round(ms)).toISOString()
}
