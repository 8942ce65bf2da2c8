// One group of errors as a row: what, where, how often, since when, and what people have said of it.
import { html, nothing, type TemplateResult } from 'lit'
import type { ErrorGroup, ErrorState } from '../../query/wire.ts'
import { showText } from '../records/show-text.ts'
import { agoText } from '../records/time-text.ts'
import { sparkline } from './sparkline.ts'

export const STATE_TEXTS: Readonly<Record<ErrorState, string>> = {
  new: 'New',
  back: 'Came back',
  muted: 'Muted',
  resolved: 'Resolved',
}

/** What can be said of a group in a state. */
const DEEDS: Readonly<Record<ErrorState, readonly { readonly to: ErrorState; readonly text: string }[]>> = {
  new: [
    { to: 'resolved', text: 'Resolve' },
    { to: 'muted', text: 'Mute' },
  ],
  back: [
    { to: 'resolved', text: 'Resolve' },
    { to: 'muted', text: 'Mute' },
  ],
  muted: [{ to: 'new', text: 'Unmute' }],
  resolved: [{ to: 'new', text: 'Reopen' }],
}

const TITLE_LENGTH_MAX = 300

interface GroupLook {
  readonly nowMs: number
  readonly isBusy: boolean
  /** Whoever may not is not asked. */
  readonly mayJudge: boolean
  say(state: ErrorState): void
}

export function errorGroup(group: ErrorGroup, { nowMs, isBusy, mayJudge, say }: GroupLook): TemplateResult {
  const { state, title, source, count, firstRelease, by, at, lastId } = group
  const moment = (time: string) => html`<time datetime=${time} title=${time}>${agoText(time, nowMs)}</time>`
  return html`<li class="group" data-state=${state} data-fingerprint=${group.fingerprint}>
    <p class="count"><b>${count.toLocaleString('en')}</b>${sparkline(group.sparkline)}</p>
    <div class="what">
      <h2><a href="/?${new URLSearchParams({ id: lastId })}" data-id=${lastId}>${showText(title.slice(0, TITLE_LENGTH_MAX), [])}</a></h2>
      <p class="facts"><span class="state">${STATE_TEXTS[state]}</span>
        <span class="severity">${group.severity}</span>
        <span><b>${source.developer}</b> ${source.server}</span>
        <span>last ${moment(group.lastSeen)}</span> <span>first ${moment(group.firstSeen)}</span>
        ${firstRelease === undefined ? nothing : html`<span>new since release <code>${firstRelease.slice(0, 12)}</code></span>`}
        ${by === undefined || at === undefined || state === 'new' ? nothing : html`<span>${state === 'back' ? 'resolved' : STATE_TEXTS[state].toLowerCase()} by ${by} ${moment(at)}</span>`}
      </p>
    </div>
    <p class="deeds">${(mayJudge ? DEEDS[state] : []).map(
      ({ to, text }) =>
        html`<button type="button" ?disabled=${isBusy} aria-label="${text}: ${title.slice(0, 60)}" @click=${() => say(to)}>${text}</button>`,
    )}</p>
  </li>`
}
