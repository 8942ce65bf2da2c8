// Fields of records as columns of their own.
import { html, type TemplateResult } from 'lit'
import type { ShownRecord } from '../../query/wire.ts'
import { popover } from '../frame/popover.ts'
import { COLUMN_PARTS, flattenFields } from '../records/record-value.ts'
import { parseList, toggle, type View } from './address.ts'

/** Of the fields that the records of the page have; any other can be typed. */
const OFFERED_MAX = 24

const NAME_LENGTH_MAX = 60

export function columnsMenu(
  view: View,
  seen: () => readonly ShownRecord[],
  change: (change: Partial<View>) => void,
  opened: () => void,
): TemplateResult {
  const shown = parseList(view.columns)
  const set = (name: string) => change({ columns: toggle(view.columns, name) })
  const add = (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.target as HTMLFormElement
    const name = String(new FormData(form).get('name')).trim().replaceAll(',', '')
    if (name !== '' && !shown.includes(name)) set(name)
    form.reset()
  }
  const names = [...new Set([...shown, ...COLUMN_PARTS, ...fieldsOf(seen())])]
  return popover(
    'columns',
    html`Columns${shown.length === 0 ? '' : ` ${shown.length}`}`,
    html`<fieldset><legend>Columns</legend>
        ${names.map(
          (name) =>
            html`<label class="check"><input type="checkbox" .checked=${shown.includes(name)} @change=${() => set(name)} /><code>${name}</code></label>`,
        )}
      </fieldset>
      <form @submit=${add}><label>Another field <input name="name" maxlength=${NAME_LENGTH_MAX} placeholder="room.id" autocomplete="off" spellcheck="false" /></label>
        <button type="submit">Add</button></form>`,
    (isOpen) => isOpen && opened(),
  )
}

/** The most frequent first. */
function fieldsOf(records: readonly ShownRecord[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const { fields } of records) {
    for (const [name] of flattenFields(fields ?? {})) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)!).slice(0, OFFERED_MAX)
}
