// At the bottom: whether records come through, and how many there are. It is as high as what it has to say.
import { html, nothing, type TemplateResult } from 'lit'
import type { HealthReply } from '../../query/wire.ts'
import { ask, sentenceOf } from '../question/ask.ts'
import { PageElement } from './page-element.ts'

const EVERY_MS = 15_000

/** Below it is simply now. */
const BEHIND_MS = 2000

const STATUS_TEXTS = { ok: 'ok', behind: 'behind', trouble: 'trouble' } as const

class HealthStrip extends PageElement {
  static override properties = { health: { state: true } }
  declare health: HealthReply | null
  #timer = 0

  constructor() {
    super()
    this.health = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#ask()
    this.#timer = setInterval(() => document.visibilityState === 'visible' && void this.#ask(), EVERY_MS)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.#timer)
  }

  override render(): TemplateResult {
    return html`<footer aria-label="Health">${this.health === null ? nothing : strip(this.health)}
      <span class="keys"><kbd>?</kbd> keys</span></footer>`
  }

  async #ask(): Promise<void> {
    try {
      this.health = await ask<HealthReply>('/api/health')
    } catch (error) {
      // The live sign says that the viewer is away.
      sentenceOf(error)
    }
  }
}
customElements.define('log-health', HealthStrip)

/** The worst in the line; all of it under that, for who asks. */
function strip(health: HealthReply): TemplateResult {
  const { status, notes } = health
  const more = notes.length > 1 ? ` (and ${notes.length - 1} more)` : ''
  const facts = factsOf(health)
  return html`<details>
      <summary><strong data-status=${status}>${STATUS_TEXTS[status]}</strong>${notes.length === 0 ? nothing : html` <span class="note">${notes[0]}${more}</span>`}</summary>
      <ul aria-label="Health in full">${[...notes.slice(1), ...facts].map((text) => html`<li>${text}</li>`)}</ul>
    </details>
    ${facts.map((fact) => html`<span class="fact">${fact}</span>`)}`
}

function factsOf({ behindMs, gaps, store, collector, disk }: HealthReply): readonly string[] {
  const days = store.days === 1 ? '1 day' : `${store.days} days`
  return [
    store.records === 1 ? '1 record' : `${compact(store.records)} records`,
    `${bytesText(store.bytes)}${store.oldestDay === null ? '' : ` of ${days}`}`,
    ...(behindMs > BEHIND_MS ? [`${(behindMs / 1000).toFixed(1)} s behind`] : []),
    gaps.records === 0 ? 'none missing today' : `${gaps.records.toLocaleString('en')} missing today`,
    ...(collector === undefined
      ? []
      : [
          `${compact(collector.queued)} queued`,
          ...(collector.discarded > 0 ? [`${compact(collector.discarded)} thrown away`] : []),
        ]),
    ...(disk === undefined
      ? []
      : [`${bytesText(disk.freeBytes)} free${disk.keptDays === 0 ? '' : `, ${disk.keptDays} days kept`}`]),
  ]
}

function compact(count: number): string {
  return count < 100_000
    ? count.toLocaleString('en')
    : `${(count / 1e6).toLocaleString('en', { maximumFractionDigits: 2 })} M`
}

function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** power).toLocaleString('en', { maximumFractionDigits: power === 0 ? 0 : 1 })} ${units[power]}`
}
