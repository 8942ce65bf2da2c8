// The help of `?`: what keys do, and how to search.
import { html, type TemplateResult } from 'lit'
import { KEYS } from './keys.ts'
import { PageElement } from './page-element.ts'

const SEARCHES: readonly (readonly [string, string])[] = [
  ['timeout', 'anywhere in message, stack, fields; case does not matter'],
  ['"no such room"', 'several words as they stand; \\" is a quote in them'],
  ['room.id:5', 'a field, or release, request, pid'],
  ['-heartbeat', 'not'],
  ['/slow \\d+ ms/', 'a regular expression'],
]

class KeyHelp extends PageElement {
  override render(): TemplateResult {
    return html`<dialog aria-labelledby="help-title">
      <h2 id="help-title">Keys</h2>
      <p>Letters count while the list has the focus, or nothing has; <b>View</b> switches them off.</p>
      <dl>${KEYS.map(({ keys, also, text }) => {
        const names = [...keys, ...(also === undefined ? [] : [also])].map((key) => (key === 'Escape' ? 'Esc' : key))
        return html`<dt>${names.map((name) => html`<kbd>${name}</kbd> `)}</dt><dd>${text}</dd>`
      })}</dl>
      <h2>Searching</h2>
      <dl>${SEARCHES.map(([example, text]) => html`<dt><code>${example}</code></dt><dd>${text}</dd>`)}</dl>
      <form method="dialog"><button class="main">Close</button></form>
    </dialog>`
  }

  toggle(): void {
    const dialog = this.querySelector('dialog')!
    if (dialog.open) dialog.close()
    else dialog.showModal()
  }
}
customElements.define('log-keys', KeyHelp)

export type { KeyHelp }
