// Several of a few: the developers, the servers.
import { html, nothing, type TemplateResult } from 'lit'
import { popover } from '../frame/popover.ts'
import { parseList, toggle } from './address.ts'

export interface Choice {
  readonly id: string
  readonly title: string
  /** When nothing is chosen. */
  readonly all: string
  /** As in the address. */
  readonly value: string
  readonly offered: readonly string[]
  change(value: string): void
}

/** Nothing when there is no choice. */
export function choice({ id, title, all, value, offered, change }: Choice): TemplateResult | typeof nothing {
  const chosen = parseList(value)
  // What the address names is offered even when the yard does not have it.
  const names = [...new Set([...offered, ...chosen])].sort()
  if (names.length < 2 && chosen.length === 0) return nothing
  const shown =
    chosen.length === 0 ? all : chosen.length > 2 ? `${chosen.length} of ${names.length}` : chosen.join(', ')
  return popover(
    id,
    html`<span class="chosen">${shown}</span>`,
    html`<fieldset><legend>${title}</legend>
      ${names.map(
        (
          name,
        ) => html`<label class="check"><input type="checkbox" name=${id} value=${name} .checked=${chosen.includes(name)}
          @change=${() => change(toggle(value, name))} />${name}</label>`,
      )}
      <button type="button" ?disabled=${chosen.length === 0} @click=${() => change('')}>${all}</button>
    </fieldset>`,
  )
}
