// What stands where no records are: why, and what to do.
import { html, nothing, type TemplateResult } from 'lit'
import { isFiltered, type View, ViewChange } from '../question/address.ts'
import type { RecordFeed } from './record-feed.ts'

const NOTHING: Partial<View> = {
  developer: '',
  server: '',
  severity: '',
  range: '',
  from: '',
  to: '',
  q: '',
  id: '',
}

export function listSentence(feed: RecordFeed, view: View): TemplateResult | typeof nothing {
  if (feed.refusal !== null) return sentence('This cannot be shown', feed.refusal, all())
  if (feed.progress !== null) return sentence('Searching', 'Nothing yet. The search goes on towards the past.', nothing)
  if (feed.isLoading) return nothing
  if (feed.stopped !== null) return sentence('Nothing found', `${feed.stopped}.`, all())
  if (view.id !== '')
    return sentence('This record is gone', 'Its day is no longer kept, or it is not yours to see.', all())
  if (isFiltered(view)) {
    return sentence('No record matches', 'Nothing fits this filter. New records that do will appear here.', all())
  }
  return sentence(
    'No records yet',
    'Whatever a server of this yard logs appears here at once. In a script:',
    html`<pre><code>ctx.log.info('hello', { from: 'src/main.ts' })</code></pre>`,
  )
}

function sentence(title: string, text: string, more: TemplateResult | typeof nothing): TemplateResult {
  return html`<section id="empty"><h2>${title}</h2><p>${text}</p>${more}</section>`
}

function all(): TemplateResult {
  return html`<button type="button" @click=${({ currentTarget }: Event) =>
    currentTarget!.dispatchEvent(new ViewChange(NOTHING))}>Show everything</button>`
}
