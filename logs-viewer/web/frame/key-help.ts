// The help of `?`: what keys do, and how to search.
import { html, type TemplateResult } from 'lit'
import { KEYS } from './keys.ts'
import { PageElement } from './page-element.ts'

const SEARCHES: readonly (readonly [string, string])[] = [
  ['timeout', 'anywhere in message, stack, fields; case does not matter'],
  ['"no such room"', 'several words as they stand'],
  ['room.id:5', 'a field, or release, request, pid'],
  ['-heartbeat', 'not'],
  ['/slow \\d+ ms/', 'a regular expression'],
]

class KeyHelp extends PageElement {
  override render(): TemplateResult {
    return html`<dialog aria-labelledby="help-title">
      <h2 id="help-title">Keys</h2>
      <dl>${KEYS.map(({ keys, text }) => html`<dt>${keys.map((key) => html`<kbd>${key === 'Escape' ? 'Esc' : key}</kbd> `)}</dt><dd>${text}</dd>`)}</dl>
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
