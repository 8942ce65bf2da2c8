// Which time is shown: up to now, or from one moment to another.
import { html, type TemplateResult } from 'lit'
import { popover } from '../frame/popover.ts'
import { momentText, zoneText } from '../records/time-text.ts'
import type { View } from './address.ts'

const TEXTS: Readonly<Record<string, string>> = {
  '': 'Any time',
  '15m': 'Last 15 minutes',
  '1h': 'Last hour',
  '6h': 'Last 6 hours',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
}

export function timeRange(view: View, change: (change: Partial<View>) => void): TemplateResult {
  const isLocal = view.time === 'local'
  const isFree = isFreeTime(view)
  const set = (name: 'from' | 'to') => (event: Event) =>
    change({ range: '', [name]: parseMoment((event.target as HTMLInputElement).value, isLocal) })
  return popover(
    'time-range',
    html`<span class="chosen">${timeText(view)}</span>`,
    html`<fieldset><legend>Time</legend>
        ${Object.entries(TEXTS).map(
          ([
            range,
            text,
          ]) => html`<label class="check"><input type="radio" name="range" .checked=${!isFree && view.range === range}
            @change=${() => change({ range, from: '', to: '' })} />${text}</label>`,
        )}
      </fieldset>
      <fieldset><legend>From and to (${zoneText(isLocal)})</legend>
        <label>From <input type="datetime-local" step="1" .value=${renderMoment(view.range === '' ? view.from : '', isLocal)} @change=${set('from')} /></label>
        <label>To <input type="datetime-local" step="1" .value=${renderMoment(view.range === '' ? view.to : '', isLocal)} @change=${set('to')} /></label>
      </fieldset>`,
  )
}

/** In words: `Last hour`, `since 20 Nov 12:00:00`. */
export function timeText(view: View): string {
  return isFreeTime(view) ? spanText(view) : (TEXTS[view.range] ?? view.range)
}

function isFreeTime({ range, from, to }: View): boolean {
  return range === '' && (from !== '' || to !== '')
}

function spanText({ from, to, time }: View): string {
  const text = (moment: string) => {
    const ms = Date.parse(moment)
    // An address may say anything; the list tells what is wrong with it.
    return Number.isNaN(ms) ? moment : momentText(ms, time === 'local', true)
  }
  if (from === '') return `until ${text(to)}`
  return to === '' ? `since ${text(from)}` : `${text(from)} – ${text(to)}`
}

/** As the browser's input wants it, without a zone. */
function renderMoment(moment: string, isLocal: boolean): string {
  const ms = Date.parse(moment)
  if (Number.isNaN(ms)) return ''
  const shiftMs = isLocal ? new Date(ms).getTimezoneOffset() * 60_000 : 0
  return new Date(ms - shiftMs).toISOString().slice(0, 19)
}

function parseMoment(text: string, isLocal: boolean): string {
  const date = new Date(isLocal ? text : `${text}Z`)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}
