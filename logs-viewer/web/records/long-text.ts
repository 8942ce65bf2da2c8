// A text that may be very long: its beginning, and all of it when somebody asks.
import { html, nothing, type TemplateResult } from 'lit'
import { PageElement } from '../frame/page-element.ts'
import { showText } from './show-text.ts'

/** Longer ones make a browser slow to lay out. */
const SHOWN_LENGTH = 8 * 1024

class LongText extends PageElement {
  static override properties = { text: {}, patterns: {}, isWhole: { state: true } }
  declare text: string
  declare patterns: readonly RegExp[]
  declare isWhole: boolean

  constructor() {
    super()
    this.text = ''
    this.patterns = []
    this.isWhole = false
  }

  override render(): TemplateResult {
    const isLonger = this.text.length > SHOWN_LENGTH && !this.isWhole
    const shown = isLonger ? `${this.text.slice(0, SHOWN_LENGTH)}…` : this.text
    const size = `${Math.ceil(this.text.length / 1024).toLocaleString('en')} kB`
    return html`<pre class="whole">${showText(shown, this.patterns, true)}</pre>
      ${isLonger ? html`<button type="button" @click=${() => (this.isWhole = true)}>Show all ${size}</button>` : nothing}`
  }
}
customElements.define('log-long-text', LongText)
