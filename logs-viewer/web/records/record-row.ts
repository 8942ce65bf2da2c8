// The rows of the list: a record as a line, the day, and where records are missing.
import { html, nothing, type TemplateResult } from 'lit'
import type { ShownRecord } from '../../query/wire.ts'
import { parseList, type View } from '../question/address.ts'
import { placeOf } from './parse-stack.ts'
import { recordDetails } from './record-details.ts'
import type { Item, RecordItem, SkippedItem } from './record-items.ts'
import { flattenFields, partOf, textOf } from './record-value.ts'
import { dotUnseen, showText } from './show-text.ts'
import { clockOf, dayText, zoneText } from './time-text.ts'

/** Of a longer message the line shows so much; the rest opens with it. */
export const LINE_LENGTH_MAX = 400

/** Fields at the end of a line; the rest opens with it. */
const HINTS_MAX = 4

/** How rows look at present. Another object means: draw them anew. */
export interface Look {
  readonly view: View
  readonly patterns: readonly RegExp[]
}

export interface RowActions {
  open(item: RecordItem): void
  context(record: ShownRecord): void
  load(item: SkippedItem): void
}

export function rowContent(item: Item, look: Look, actions: RowActions): TemplateResult {
  if (item.kind === 'record') return recordContent(item, look, actions)
  if (item.kind === 'day') {
    return html`<span role="gridcell"><time datetime=${item.day}>${dayText(item.day)}</time> ${zoneText(look.view.time === 'local')}</span>`
  }
  if (item.kind === 'missing') {
    const what = item.count === 1 ? '1 record is' : `${item.count.toLocaleString('en')} records are`
    const { developer, server } = item.record
    return html`<span role="gridcell">${what} missing here: ${developer} ${server} wrote more than was stored</span>`
  }
  const { count, errors } = item.skipped
  const skipped =
    count === null ? 'Some records were' : count === 1 ? '1 record was' : `${count.toLocaleString('en')} were`
  const among = errors === 0 ? '' : ` (${errors.toLocaleString('en')} ${errors === 1 ? 'error' : 'errors'})`
  return html`<span role="gridcell">${skipped} skipped${among}: they came faster than this page
    <button type="button" @click=${() => actions.load(item)}>Load</button></span>`
}

function recordContent(item: RecordItem, look: Look, actions: RowActions): TemplateResult {
  const { record } = item
  const isLocal = look.view.time === 'local'
  const isLong = record.message.length > LINE_LENGTH_MAX
  const line = isLong ? `${record.message.slice(0, LINE_LENGTH_MAX)} …` : record.message
  const place = placeOf(record.stack)
  return html`
    <span role="gridcell" class="time"><time datetime=${record.time} title=${`written ${record.time}\nreceived ${record.received}`}>${clockOf(record.time, isLocal)}</time></span>
    <span role="gridcell" class="severity">${record.severity}</span>
    <span role="gridcell" class="source" title="${record.developer} ${record.server}"><b>${record.developer}</b> ${record.server}</span>
    ${parseList(look.view.columns).map((name) => {
      const value = partOf(record, name)
      return html`<span role="gridcell" class="column" title=${value}>${showText(value, look.patterns)}</span>`
    })}
    <span role="gridcell" class="message"><span class="text">${showText(line, look.patterns)}</span>${
      place === undefined ? nothing : html` <span class="place">${place}</span>`
    }${recordHints(record)}</span>
    ${item.isOpen ? recordDetails(item, look, actions) : nothing}`
}

/** A word of the fields at the end of the line, so that nobody has to open a record to see that it has any. */
function recordHints({ fields }: ShownRecord): TemplateResult | typeof nothing {
  const shown = fields === undefined ? [] : flattenFields(fields)
  if (shown.length === 0) return nothing
  return html` <span class="hint">${shown.slice(0, HINTS_MAX).map(([name, value]) => html`<i>${name}</i>=${short(value)} `)}${shown.length > HINTS_MAX ? '…' : nothing}</span>`
}

function short(value: unknown): string {
  // Of a long text a beginning is enough.
  return dotUnseen(textOf(value).slice(0, 40))
}
