// What is in view, of rows of which only those are drawn. It follows the newest, or holds on to the row at its top: whatever comes, goes
// or grows above and below that, nothing jumps. All places are in pixels from the first row's top.
import type { Item } from './record-items.ts'
import { findVisible, rowAt, topOf, type VisibleRows } from './visible-rows.ts'

/** How near to the bottom counts as at the bottom. */
const NEAR_BOTTOM = 24

/** Drawn beyond what is in view, so that scrolling finds rows there. */
const BEYOND = 400

/** Before anything was measured. */
const HEIGHT_USUAL = 20
const VIEW_USUAL = 900

/** So many rows say how high rows usually are. */
const SAMPLE_MIN = 10

export class Viewport {
  isFollowing = true
  /** The row at the top, and how far it is scrolled out. */
  #anchor: { readonly item: Item; readonly offset: number } | undefined
  #usual = HEIGHT_USUAL
  /** Where we have scrolled to ourselves. */
  #top = 0
  #width = 0
  /** The first rows that are drawn are those in view: nobody waits for more. */
  #isFirst = true
  readonly #host: HTMLElement

  /** `host` draws `.scroller` with `.head`, `.past` and `.rows` in it. */
  constructor(host: HTMLElement) {
    this.#host = host
  }

  get scroller(): HTMLElement {
    return this.#host.querySelector<HTMLElement>('.scroller')!
  }

  /** Somebody is further up, or selects text: then what is in view stays. */
  get isReading(): boolean {
    return !this.isFollowing || this.#isSelecting()
  }

  get anchor(): Item | undefined {
    return this.#anchor?.item
  }

  reset(isFollowing: boolean): void {
    this.isFollowing = isFollowing
    this.#anchor = undefined
    this.#isFirst = true
  }

  /** Which rows are to be drawn. */
  find(items: readonly Item[]): VisibleRows {
    const height = this.#height || VIEW_USUAL
    const place = this.#place(items, height)
    const beyond = this.#isFirst ? 0 : BEYOND
    return findVisible(items, this.#usual, { from: place - beyond, to: place + height + beyond })
  }

  /**
   * After drawing: the rows have the heights they have, and what is in view is put where it was. `isWhole`: nothing else has to be drawn
   * for it; `isFirst`: what is beyond it has not been drawn yet; `isAtTop`: older records are to come.
   */
  settle(
    items: readonly Item[],
    { start, end }: VisibleRows,
  ): { isWhole: boolean; isFirst: boolean; isAtTop: boolean } {
    const rows = this.#host.querySelector<HTMLElement>('.rows')!
    // Everything is read before anything is written: the browser lays out once.
    this.#measure(rows, items.slice(start, end))
    const height = this.#height
    const pastHeight = this.#pastHeight
    const whole = topOf(items, this.#usual, items.length)
    const place = this.#place(items, height)
    setPadding(rows, 'paddingTop', topOf(items, this.#usual, start))
    setPadding(rows, 'paddingBottom', Math.max(0, whole - topOf(items, this.#usual, end)))
    this.#scrollTo(this.isReading ? place + pastHeight : this.scroller.scrollHeight)
    const needed = findVisible(items, this.#usual, { from: place, to: place + height })
    const isFirst = this.#isFirst && end > start
    if (isFirst) this.#isFirst = false
    return { isWhole: needed.start >= start && needed.end <= end, isFirst, isAtTop: place < height }
  }

  /** True when the width has changed: rows are as high as they were no more. */
  isResized(): boolean {
    const { clientWidth } = this.scroller
    const isResized = clientWidth !== this.#width
    this.#width = clientWidth
    return isResized
  }

  /** What a person has scrolled; null when it was us. */
  scrolled(items: readonly Item[]): { isAtBottom: boolean } | null {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller
    if (Math.abs(scrollTop - this.#top) < 1) return null
    this.#top = scrollTop
    this.#hold(items)
    return { isAtBottom: scrollHeight - scrollTop - clientHeight <= NEAR_BOTTOM }
  }

  /** No longer follows; what is in view stays. */
  hold(items: readonly Item[]): void {
    if (this.isFollowing) this.#hold(items)
    this.isFollowing = false
  }

  /** Brings a row into view, no further than it has to. */
  show(items: readonly Item[], item: Item): void {
    const top = topOf(items, this.#usual, items.indexOf(item))
    const bottom = top + (item.height || this.#usual)
    const from = this.scroller.scrollTop - this.#pastHeight
    const height = this.#height
    if (top < from) this.#anchor = { item, offset: 0 }
    else if (bottom > from + height) this.#anchor = { item, offset: Math.min(0, bottom - top - height) }
  }

  /** Puts a row at the top, or so that what is before it can be seen as well. */
  start(item: Item | undefined, isAmong: boolean): void {
    this.isFollowing = false
    this.#anchor = item === undefined ? undefined : { item, offset: isAmong ? -(this.#height || VIEW_USUAL) / 3 : 0 }
  }

  /** Where what is in view begins: no further down than there are rows. */
  #place(items: readonly Item[], height: number): number {
    const lowest = topOf(items, this.#usual, items.length) - height
    if (!this.isReading) return lowest
    const at = this.#anchor === undefined ? -1 : items.indexOf(this.#anchor.item)
    if (at === -1) return 0
    const place = topOf(items, this.#usual, at) + this.#anchor!.offset
    return Math.max(-this.#pastHeight, Math.min(place, lowest))
  }

  #hold(items: readonly Item[]): void {
    const { index, offset } = rowAt(items, this.#usual, this.scroller.scrollTop - this.#pastHeight)
    const item = items[index]
    this.#anchor = item === undefined ? undefined : { item, offset }
  }

  #measure(rows: HTMLElement, drawn: readonly Item[]): void {
    let sum = 0
    let count = 0
    for (const [index, item] of drawn.entries()) {
      const row = rows.children[index]
      if (row === undefined) break
      item.height = row.getBoundingClientRect().height
      if (item.kind !== 'record' || item.isOpen) continue
      sum += item.height
      count++
    }
    // Those that were never drawn are taken to be like those that are.
    if (count >= SAMPLE_MIN) this.#usual = sum / count
  }

  /** What can be seen of the rows at a time. */
  get #height(): number {
    const scroller = this.#host.querySelector<HTMLElement>('.scroller')
    return scroller === null ? 0 : scroller.clientHeight - (scroller.firstElementChild as HTMLElement).offsetHeight
  }

  /** Above the rows, in the flow, beside the head that stays in view. */
  get #pastHeight(): number {
    return this.#host.querySelector<HTMLElement>('.past')?.offsetHeight ?? 0
  }

  #scrollTo(top: number): void {
    const { scroller } = this
    if (Math.abs(scroller.scrollTop - top) >= 1) scroller.scrollTop = top
    this.#top = scroller.scrollTop
  }

  #isSelecting(): boolean {
    const selection = getSelection()
    return selection?.type === 'Range' && this.#host.contains(selection.anchorNode)
  }
}

/** A style that is set lays out anew, even to what it was. */
function setPadding(rows: HTMLElement, side: 'paddingTop' | 'paddingBottom', height: number): void {
  const text = `${Number(height.toFixed(2))}px`
  if (rows.style[side] !== text) rows.style[side] = text
}
