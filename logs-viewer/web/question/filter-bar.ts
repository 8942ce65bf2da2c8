// Which records are shown.
import { html, nothing, type TemplateResult } from 'lit'
import { SEVERITIES } from '../../../servers/contract/record.ts'
import { SEARCH_LENGTH_MAX } from '../../query/parse-search.ts'
import type { Source } from '../../query/wire.ts'
import { PageElement } from '../frame/page-element.ts'
import { type View, ViewChange } from './address.ts'
import { choice } from './choice.ts'
import { timeRange } from './time-range.ts'

/** How long a pause in typing means: search now. */
const TYPING_MS = 250

class FilterBar extends PageElement {
  static override properties = { view: {}, sources: {} }
  declare view: View
  declare sources: readonly Source[]
  #timer = 0

  override render(): TemplateResult {
    const { view, sources } = this
    const change = (next: Partial<View>) => this.dispatchEvent(new ViewChange({ ...next, id: '' }))
    const offered = (name: keyof Source) => [...new Set(sources.map((source) => source[name]))]
    return html`<form role="search" aria-label="Which records are shown" @submit=${this.#submit}>
      <div class="search">
        <input id="q" name="q" type="search" .value=${view.q} aria-label="Search" aria-keyshortcuts="/" maxlength=${SEARCH_LENGTH_MAX}
          placeholder="Search: words, key:value, -not, /expression/" autocomplete="off" spellcheck="false" autocapitalize="off" @input=${this.#type} />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <div class="choices">
        ${choice({ id: 'developer', title: 'Developer', all: 'All developers', value: view.developer, offered: offered('developer'), change: (developer) => change({ developer }) })}
        ${choice({ id: 'server', title: 'Server', all: 'All servers', value: view.server, offered: offered('server'), change: (server) => change({ server }) })}
        <select class="opener" name="severity" aria-label="Severity" .value=${view.severity} @change=${(event: Event) => change({ severity: (event.target as HTMLSelectElement).value })}>
          <option value="" ?selected=${view.severity === ''}>Any severity</option>
          ${SEVERITIES.slice(0, -1)
            .toReversed()
            .map(
              (severity) =>
                html`<option value=${severity} ?selected=${view.severity === severity}>${severity === 'emerg' ? severity : `${severity} and worse`}</option>`,
            )}
        </select>
        ${view.id === '' ? timeRange(view, change) : nothing}
      </div>
    </form>`
  }

  focusSearch(): void {
    this.querySelector<HTMLInputElement>('#q')!.select()
  }

  readonly #type = () => {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#search(true), TYPING_MS)
  }

  readonly #submit = (event: Event) => {
    event.preventDefault()
    this.#search(false)
  }

  #search(isTyping: boolean): void {
    clearTimeout(this.#timer)
    const q = this.querySelector<HTMLInputElement>('#q')!.value.trim()
    if (q !== this.view.q || !isTyping) this.dispatchEvent(new ViewChange({ q, id: '' }, isTyping))
  }
}
customElements.define('log-filter', FilterBar)

export type { FilterBar }
