// What is said to whoever listens to the page instead of looking at it: what has become of a question. What arrives by itself is not.
import type { View } from '../question/address.ts'
import { whyEmpty } from './list-sentence.ts'
import type { RecordFeed } from './record-feed.ts'

/** Not more often than one can listen to. */
const EVERY_MS = 2000

export class Spoken {
  /** Belongs into a live region. */
  text = ''
  #phase = ''
  #next = ''
  #saidAt = Number.NEGATIVE_INFINITY
  #timer = 0
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Another question: its answer is said even when it is the same. */
  reset(): void {
    this.#phase = ''
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = 0
  }

  /** After each change of the list. */
  follow(feed: RecordFeed, view: View): void {
    const [phase, text] = tell(feed, view)
    if (phase === 'loading' || (phase === this.#phase && phase !== 'searching')) return
    this.#phase = phase
    this.#next = text
    this.#timer ||= setTimeout(() => this.#say(), Math.max(0, this.#saidAt + EVERY_MS - performance.now()))
  }

  #say(): void {
    this.#timer = 0
    if (this.text === this.#next) return
    this.text = this.#next
    this.#saidAt = performance.now()
    this.#changed()
  }
}

function tell(feed: RecordFeed, view: View): readonly [phase: string, text: string] {
  const { size } = feed.items
  const count = size.toLocaleString('en')
  const hits = view.q === '' ? (size === 1 ? 'record' : 'records') : size === 1 ? 'hit' : 'hits'
  if (feed.progress !== null) return ['searching', `Searching, ${count} ${hits} so far`]
  if (size > 0) return ['shown', `${count} ${hits}${feed.before === null ? '' : ', and older ones'}`]
  const why = whyEmpty(feed, view)
  return why === null ? ['loading', ''] : [why.title, `${why.title}. ${why.text}`]
}
