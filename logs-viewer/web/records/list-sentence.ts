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

interface Why {
  readonly title: string
  readonly text: string
  /** What can be pressed. */
  readonly deeds: 'none' | 'everything' | 'go on' | 'example'
}

/** Null while nobody knows. */
export function whyEmpty(feed: RecordFeed, view: View): Why | null {
  if (feed.refusal !== null) return { title: 'This cannot be shown', text: feed.refusal, deeds: 'everything' }
  if (feed.progress !== null)
    return { title: 'Searching', text: 'Nothing yet. The search goes on towards the past.', deeds: 'none' }
  if (feed.isLoading) return null
  if (feed.stopped !== null) {
    const text = `${feed.stopped}.`
    return feed.canGoOn
      ? { title: 'Nothing found yet', text, deeds: 'go on' }
      : { title: 'Nothing found', text, deeds: 'everything' }
  }
  if (view.id !== '') {
    const text = 'Its day is no longer kept, or it is not yours to see.'
    return { title: 'This record is gone', text, deeds: 'everything' }
  }
  if (isFiltered(view)) {
    const text = 'Nothing fits this filter. New records that do will appear here.'
    return { title: 'No record matches', text, deeds: 'everything' }
  }
  const text = 'Whatever a server of this yard logs appears here at once. In a script:'
  return { title: 'No records yet', text, deeds: 'example' }
}

export function listSentence(feed: RecordFeed, view: View): TemplateResult | typeof nothing {
  const why = whyEmpty(feed, view)
  if (why === null) return nothing
  const { title, text, deeds } = why
  return html`<section id="empty"><h2>${title}</h2><p>${text}</p>
    ${deeds === 'go on' ? html`<button type="button" @click=${() => feed.goOn()}>Go on</button>` : nothing}
    ${deeds === 'go on' || deeds === 'everything' ? html`<button type="button" @click=${showEverything}>Show everything</button>` : nothing}
    ${deeds === 'example' ? html`<pre><code>ctx.log.info('hello', { from: 'src/main.ts' })</code></pre>` : nothing}
  </section>`
}

function showEverything({ currentTarget }: Event): void {
  currentTarget!.dispatchEvent(new ViewChange(NOTHING))
}
