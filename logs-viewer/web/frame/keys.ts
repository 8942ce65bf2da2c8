// What keys do: as in lnav, where it has them.

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

/** In the order of the help. */
export const KEYS: readonly { readonly deed: Deed; readonly keys: readonly string[]; readonly text: string }[] = [
  { deed: 'next', keys: ['j'], text: 'next record' },
  { deed: 'previous', keys: ['k'], text: 'previous record' },
  { deed: 'nextError', keys: ['e'], text: 'next error' },
  { deed: 'previousError', keys: ['E'], text: 'previous error' },
  { deed: 'nextHit', keys: ['n'], text: 'next hit of the search' },
  { deed: 'previousHit', keys: ['N'], text: 'previous hit' },
  { deed: 'open', keys: ['Enter'], text: 'open the record, close it' },
  { deed: 'context', keys: ['c'], text: 'the record among its neighbours' },
  { deed: 'link', keys: ['y'], text: 'copy a link to the record' },
  { deed: 'follow', keys: ['f', 'G'], text: 'follow the newest' },
  { deed: 'first', keys: ['g'], text: 'the oldest record of the page' },
  { deed: 'search', keys: ['/'], text: 'search' },
  { deed: 'wrap', keys: ['w'], text: 'wrap long lines, or not' },
  { deed: 'time', keys: ['t'], text: 'UTC or local time' },
  { deed: 'export', keys: ['x'], text: 'export what is filtered' },
  { deed: 'back', keys: ['Escape'], text: 'back: out of the search, the context' },
  { deed: 'help', keys: ['?'], text: 'this help' },
]

/** What a key means where it was pressed; undefined where it is text, or the browser's own. */
export function deedOf(event: KeyboardEvent): Deed | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return undefined
  const target = event.target as Element
  const isTyping = target.matches('input:not([type=checkbox], [type=radio]), select, textarea')
  const isPressing = target.closest('button, a, summary, [role=slider], [popover], dialog') !== null
  const deed = KEYS.find(({ keys }) => keys.includes(event.key))?.deed
  if (deed === 'back') return target.closest('[popover], dialog, [role=slider]') === null ? deed : undefined
  if (isTyping || target.closest('dialog, [popover]') !== null) return undefined
  return deed === 'open' && isPressing ? undefined : deed
}
