// How things look: wrapping, the zone of times, light or dark, what keys do. And who is logged in.
import { html, type TemplateResult } from 'lit'
import type { Session } from '../../query/wire.ts'
import type { View } from '../question/address.ts'
import { zoneText } from '../records/time-text.ts'
import { areLettersOn, switchLetters } from './keys.ts'
import { popover } from './popover.ts'
import { keepTheme, readTheme, THEMES, type Theme } from './theme.ts'

const TEXTS: Readonly<Record<Theme, string>> = { system: 'As the system', light: 'Light', dark: 'Dark' }

export function viewMenu(
  view: View,
  session: Session | null,
  change: (change: Partial<View>) => void,
  logOut: () => void,
): TemplateResult {
  const theme = readTheme()
  return popover(
    'view',
    'View',
    html`<fieldset><legend>Records</legend>
        <label class="check"><input type="checkbox" .checked=${view.wrap !== 'off'} @change=${() => change({ wrap: view.wrap === 'off' ? '' : 'off' })} />Wrap long lines <kbd>w</kbd></label>
        <label class="check"><input type="checkbox" .checked=${view.time === 'local'} @change=${() => change({ time: view.time === 'local' ? '' : 'local' })} />Local time, ${zoneText(true)} <kbd>t</kbd></label>
      </fieldset>
      <fieldset><legend>Colours</legend>
        ${THEMES.map(
          (name) =>
            html`<label class="check"><input type="radio" name="theme" value=${name} ?checked=${name === theme} @change=${() => keepTheme(name)} />${TEXTS[name]}</label>`,
        )}
      </fieldset>
      <fieldset><legend>Keyboard</legend>
        <label class="check"><input type="checkbox" name="letters" .checked=${areLettersOn()} @change=${(event: Event) => switchLetters((event.target as HTMLInputElement).checked)} />Keys of one letter <kbd>?</kbd></label>
      </fieldset>
      ${session === null ? '' : html`<p class="who">Logged in as <b>${session.who}</b> <button type="button" @click=${logOut}>Log out</button></p>`}`,
  )
}
