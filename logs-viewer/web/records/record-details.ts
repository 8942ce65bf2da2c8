// What does not fit a line, under it: the whole message, the stack in TypeScript lines, every field, and what can be done with them.
import { html, nothing, type TemplateResult } from 'lit'
import type { ShownRecord } from '../../query/wire.ts'
import { parseList, toggle, ViewChange } from '../question/address.ts'
import { canBeTerm, withTerm } from '../question/search-text.ts'
import { parseStack, type StackPart } from './parse-stack.ts'
import type { RecordItem } from './record-items.ts'
import { LINE_LENGTH_MAX, type Look, type RowActions } from './record-row.ts'
import { flattenFields, textOf } from './record-value.ts'
import { showText } from './show-text.ts'
import './long-text.ts'

export function recordDetails({ record }: RecordItem, look: Look, actions: RowActions): TemplateResult {
  return html`<div role="gridcell" class="more">
    <p class="actions">
      <button type="button" @click=${() => actions.context(record)}>Context <kbd>c</kbd></button>
      <button type="button" @click=${(event: Event) => copy(event, linkTo(record))}>Copy link</button>
      <button type="button" @click=${(event: Event) => copy(event, JSON.stringify(record, null, 2))}>Copy record</button>
      ${
        record.request === undefined
          ? nothing
          : html`<button type="button" @click=${(event: Event) => filter(event, look, 'request', record.request!, false)}>Only this request</button>`
      }
    </p>
    ${
      record.message.length > LINE_LENGTH_MAX
        ? html`<log-long-text .text=${record.message} .patterns=${look.patterns}></log-long-text>`
        : nothing
    }
    ${record.stack === undefined ? nothing : html`<pre class="stack">${parseStack(record.stack).map((part) => stackPart(part, look))}</pre>`}
    ${facts(record, look)}
  </div>`
}

function stackPart({ kind, lines }: StackPart, { patterns }: Look): TemplateResult {
  const text = html`${lines.map((line) => html`<span class=${kind}>${showText(line, patterns)}</span>\n`)}`
  if (kind !== 'library' || lines.length < 2) return text
  return html`<details class="library"><summary>${lines.length} frames of libraries</summary>${text}</details>`
}

function facts(record: ShownRecord, look: Look): TemplateResult {
  const { kind, request, release, pid, seq, fields = {} } = record
  const parts = Object.entries({ kind, request, release, pid }).filter(([, value]) => value !== undefined)
  const names: [string, unknown][] = [...flattenFields(fields), ...parts]
  const times = `written ${record.time}, received ${record.received}`
  return html`<dl>
    ${names.map(([name, value]) => fact(name, textOf(value), look))}
    <dt>record</dt><dd>${times}${seq === undefined ? '' : `, number ${seq} of its process`}<br />${record.id}</dd>
  </dl>`
}

function fact(name: string, value: string, look: Look): TemplateResult {
  const isColumn = parseList(look.view.columns).includes(name)
  const isTerm = canBeTerm({ kind: 'field', key: name, value, not: false })
  return html`<dt>${showText(name, [])}</dt><dd><span class="value">${showText(value, look.patterns, true)}</span>
    <span class="deeds">
      ${
        isTerm
          ? html`<button type="button" aria-label="Only records with this ${name}" title="Only with this value" @click=${(event: Event) => filter(event, look, name, value, false)}>=</button>
      <button type="button" aria-label="Only records without this ${name}" title="Only without this value" @click=${(event: Event) => filter(event, look, name, value, true)}>≠</button>`
          : nothing
      }
      <button type="button" aria-label="${name} as a column" aria-pressed=${isColumn} title="As a column" @click=${(
        event: Event,
      ) => event.currentTarget!.dispatchEvent(new ViewChange({ columns: toggle(look.view.columns, name) }))}>▥</button>
    </span></dd>`
}

function filter({ currentTarget }: Event, { view }: Look, key: string, value: string, not: boolean): void {
  currentTarget!.dispatchEvent(new ViewChange({ q: withTerm(view.q, { kind: 'field', key, value, not }), id: '' }))
}

export function linkTo({ id }: ShownRecord): string {
  return `${location.origin}/?${new URLSearchParams({ id })}`
}

/** The button says that it has been done. */
function copy({ currentTarget }: Event, text: string): void {
  const button = currentTarget as HTMLButtonElement
  const said = button.textContent
  void copyText(text).then((isDone) => {
    button.textContent = isDone ? 'Copied' : 'Cannot copy'
    setTimeout(() => (button.textContent = said), 1200)
  })
}

/** Browsers give the clipboard to pages of `localhost` and of TLS only. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
