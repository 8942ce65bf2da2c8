// Errors, those that are alike together: what is new, what came back, and what nobody has to look at any more.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { ErrorGroup, ErrorState, ErrorsReply } from '../../query/wire.ts'
import { PageElement } from '../frame/page-element.ts'
import { renderQuestion, type View, ViewChange } from '../question/address.ts'
import { ask, sentenceOf } from '../question/ask.ts'
import { timeText } from '../question/time-range.ts'
import { errorGroup } from './error-group.ts'
import { mayJudge } from './may-judge.ts'

/** So often it is asked for again while somebody looks. */
const EVERY_MS = 10_000

/** Shown at once: who has more of them looks at the most recent. */
const GROUPS_MAX = 200

/** By the `state` of the address. */
const TABS: readonly { readonly state: string; readonly text: string; readonly states: readonly ErrorState[] }[] = [
  { state: '', text: 'Open', states: ['new', 'back'] },
  { state: 'muted', text: 'Muted', states: ['muted'] },
  { state: 'resolved', text: 'Resolved', states: ['resolved'] },
  { state: 'all', text: 'All', states: ['new', 'back', 'muted', 'resolved'] },
]

class ErrorGroups extends PageElement {
  static override properties = {
    view: {},
    who: {},
    groups: { state: true },
    refusal: { state: true },
    deedRefusal: { state: true },
    busy: { state: true },
  }
  declare view: View
  /** Who is logged in. */
  declare who: string
  declare groups: readonly ErrorGroup[] | null
  declare refusal: string | null
  /** Why what somebody has said of a group was not taken: it stays until they say something else. */
  declare deedRefusal: string | null
  declare busy: string | null
  #question = ''
  #asked = new AbortController()
  #timer = 0

  constructor() {
    super()
    this.groups = null
    this.refusal = null
    this.deedRefusal = null
    this.busy = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#timer = setInterval(() => document.visibilityState === 'visible' && void this.#ask(), EVERY_MS)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.#timer)
    this.#asked.abort()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const question = renderQuestion(this.view, 0).toString()
    if (!changed.has('view') || (question === this.#question && this.groups !== null)) return
    this.#question = question
    this.deedRefusal = null
    void this.#ask()
  }

  /** Of another login. */
  restart(): void {
    void this.#ask()
  }

  override render(): TemplateResult {
    const { groups, view } = this
    const tab = TABS.find(({ state }) => state === view.state) ?? TABS[0]!
    const shown = (groups ?? [])
      .filter(({ state }) => tab.states.includes(state))
      .sort((a, b) => (a.lastSeen < b.lastSeen ? 1 : -1))
    return html`<div class="errors">
      <nav aria-label="Which errors">${TABS.map(({ state, text, states }) => {
        const count = groups?.filter((group) => states.includes(group.state)).length
        return html`<button type="button" aria-pressed=${state === tab.state} @click=${() => this.dispatchEvent(new ViewChange({ state }))}>${text} <span class="number">${count ?? ''}</span></button>`
      })}<span class="time">${timeText(view)}${view.range === '' ? nothing : html` <button type="button" @click=${this.#anyTime}>Any time</button>`}</span></nav>
      ${[this.deedRefusal, this.refusal].map((refusal) => (refusal === null ? nothing : html`<p class="refusal" role="alert">${refusal}</p>`))}
      <p class="spoken" role="status">${groups === null ? nothing : `${shown.length} ${shown.length === 1 ? 'group' : 'groups'} of errors`}</p>
      ${groups !== null && shown.length === 0 ? this.#nothing(tab.text) : nothing}
      <ol>${repeat(
        shown.slice(0, GROUPS_MAX),
        ({ fingerprint }) => fingerprint,
        (group) =>
          errorGroup(group, {
            nowMs: Date.now(),
            isBusy: this.busy === group.fingerprint,
            mayJudge: mayJudge(this.who, group.source),
            say: (state) => void this.#say(group, state),
          }),
      )}</ol>
      ${shown.length > GROUPS_MAX ? html`<p class="rest">${shown.length - GROUPS_MAX} more; a filter finds them</p>` : nothing}
    </div>`
  }

  #nothing(tab: string): TemplateResult {
    const text =
      tab === 'Open' ? 'Nothing of this time is waiting to be looked at.' : 'None of this time is in this state.'
    return html`<section id="empty"><h2>No errors</h2><p>${text}</p></section>`
  }

  readonly #anyTime = () => this.dispatchEvent(new ViewChange({ range: '', from: '', to: '' }))

  async #say({ fingerprint, lastId }: ErrorGroup, state: ErrorState): Promise<void> {
    this.busy = fingerprint
    this.deedRefusal = null
    try {
      // What has come since then nobody has seen.
      const body = { state, lastId }
      await ask(`/api/errors/${encodeURIComponent(fingerprint)}`, { method: 'POST', body })
    } catch (error) {
      this.deedRefusal = sentenceOf(error)
    }
    await this.#ask()
    this.busy = null
  }

  async #ask(): Promise<void> {
    this.#asked.abort()
    const asked = new AbortController()
    this.#asked = asked
    try {
      const { groups } = await ask<ErrorsReply>(`/api/errors?${renderQuestion(this.view, Date.now())}`, {
        signal: asked.signal,
      })
      this.groups = groups
      this.refusal = null
    } catch (error) {
      this.refusal = sentenceOf(error)
    }
  }
}
customElements.define('log-errors', ErrorGroups)

export type { ErrorGroups }
