// What keys do: as in lnav, where it has them.
import { keep, readKept } from './kept.ts'

export type Deed =
  | 'next'
  | 'previous'
  | 'nextError'
  | 'previousError'
  | 'nextHit'
  | 'previousHit'
  | 'open'
  | 'context'
  | 'follow'
  | 'first'
  | 'search'
  | 'wrap'
  | 'time'
  | 'export'
  | 'link'
  | 'back'
  | 'help'

interface Key {
  readonly deed: Deed
  readonly keys: readonly string[]
  /** What the list itself does when it has the focus, as every grid: told here as well. */
  readonly also?: string
  readonly text: string
}

/** In the order of the help. */
export const KEYS: readonly Key[] = [
  { deed: 'next', keys: ['j'], also: '↓', text: 'next record' },
  { deed: 'previous', keys: ['k'], also: '↑', text: 'previous record' },
  { deed: 'nextError', keys: ['e'], text: 'next error' },
  { deed: 'previousError', keys: ['E'], text: 'previous error' },
  { deed: 'nextHit', keys: ['n'], text: 'next hit of the search' },
  { deed: 'previousHit', keys: ['N'], text: 'previous hit' },
  { deed: 'open', keys: ['Enter'], text: 'open the record, close it' },
  { deed: 'context', keys: ['c'], text: 'the record among its neighbours' },
  { deed: 'link', keys: ['y'], text: 'copy a link to the record' },
  { deed: 'follow', keys: ['f', 'G'], also: 'End', text: 'follow the newest' },
  { deed: 'first', keys: ['g'], also: 'Home', text: 'the oldest record of the page' },
  { deed: 'search', keys: ['/'], text: 'search' },
  { deed: 'wrap', keys: ['w'], text: 'wrap long lines, or not' },
  { deed: 'time', keys: ['t'], text: 'UTC or local time' },
  { deed: 'export', keys: ['x'], text: 'export what is filtered' },
  { deed: 'back', keys: ['Escape'], text: 'back: out of the search, the context' },
  { deed: 'help', keys: ['?'], text: 'this help' },
]

/** Whether keys of one character do anything: who speaks to a computer, or slips on keys, can switch them off. */
export function areLettersOn(): boolean {
  return readKept('letters') !== 'off'
}

export function switchLetters(areOn: boolean): void {
  keep('letters', areOn ? 'on' : 'off')
}

/**
 * What a key means where it was pressed; undefined where it is text, or the browser's own. One character is a key while the list has the
 * focus, or nothing has.
 */
export function deedOf(event: KeyboardEvent): Deed | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return undefined
  const target = event.target as Element
  const deed = KEYS.find(({ keys }) => keys.includes(event.key))?.deed
  if (deed === 'back') return target.closest('[popover], dialog, [role=slider]') === null ? deed : undefined
  if (target !== document.body && target.closest('.scroller') === null) return undefined
  if (deed === 'open') return target.closest('button, a, summary') === null ? deed : undefined
  return areLettersOn() ? deed : undefined
}
