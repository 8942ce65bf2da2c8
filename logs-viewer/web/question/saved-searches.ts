// Searches under a name: each login's own, kept by the server. One is an address of the page.
import { html, nothing, type TemplateResult } from 'lit'
import type { SavedSearch } from '../../query/wire.ts'
import { PageElement } from '../frame/page-element.ts'
import { popover } from '../frame/popover.ts'
import { parseAddress, renderAddress, type View, ViewChange } from './address.ts'
import { ask, sentenceOf } from './ask.ts'

const NAME_LENGTH_MAX = 60

class SavedSearches extends PageElement {
  static override properties = { view: {}, searches: { state: true }, refusal: { state: true } }
  declare view: View
  declare searches: readonly SavedSearch[] | null
  declare refusal: string | null

  constructor() {
    super()
    this.searches = null
    this.refusal = null
  }

  override render(): TemplateResult {
    return popover('saved', 'Saved', this.#content(), (isOpen) => isOpen && void this.#ask(() => Promise.resolve()))
  }

  #content(): TemplateResult {
    const { searches } = this
    return html`<section aria-label="Saved searches">
      ${
        searches === null || searches.length > 0
          ? html`<ul>${searches?.map(
              ({
                name,
                query,
              }) => html`<li><a href="/?${query}" @click=${(event: Event) => this.#open(event, query)}>${name}</a>
                <button type="button" aria-label="Forget ${name}" title="Forget" @click=${() => this.#forget(name)}>✕</button></li>`,
            )}</ul>`
          : html`<p>None yet. One keeps everything that is in the address: filter, search, columns.</p>`
      }
      <form @submit=${this.#save}>
        <label>Save what is shown as <input name="name" required maxlength=${NAME_LENGTH_MAX} autocomplete="off" /></label>
        <button type="submit">Save</button>
      </form>
      ${this.refusal === null ? nothing : html`<p class="refusal" role="alert">${this.refusal}</p>`}
    </section>`
  }

  #open(event: Event, query: string): void {
    event.preventDefault()
    this.querySelector<HTMLElement>('[popover]')!.hidePopover()
    this.dispatchEvent(new ViewChange(parseAddress(query)))
  }

  readonly #save = (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.target as HTMLFormElement
    const name = String(new FormData(form).get('name')).trim()
    if (name === '') return
    const body = { query: renderAddress(this.view) }
    void this.#ask(() => ask(pathOf(name), { method: 'PUT', body })).then(() => form.reset())
  }

  #forget(name: string): void {
    void this.#ask(() => ask(pathOf(name), { method: 'DELETE' }))
  }

  async #ask(act: () => Promise<unknown>): Promise<void> {
    try {
      await act()
      this.searches = await ask<readonly SavedSearch[]>('/api/searches')
      this.refusal = null
    } catch (error) {
      this.refusal = sentenceOf(error)
    }
  }
}
customElements.define('log-searches', SavedSearches)

function pathOf(name: string): string {
  return `/api/searches/${encodeURIComponent(name)}`
}
