// How far back a search has come, and a way to end it.
import { html, type TemplateResult } from 'lit'
import type { SearchEvents } from '../../query/wire.ts'
import type { View } from '../question/address.ts'
import { momentText } from './time-text.ts'

export function searchProgress(
  { to, share }: SearchEvents['progress'],
  hits: number,
  view: View,
  cancel: () => void,
): TemplateResult {
  return html`<p class="searching">
    <progress max="1" value=${share} aria-label="Searched"></progress>
    <span>${hits.toLocaleString('en')} ${hits === 1 ? 'hit' : 'hits'} back to ${momentText(Date.parse(to), view.time === 'local')}</span>
    <button type="button" @click=${cancel}>Stop</button>
  </p>`
}
