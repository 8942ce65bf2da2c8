// The address bar holds what is shown: a link to it shows the same.

const NAMES = [
  'view',
  'developer',
  'server',
  'severity',
  'range',
  'from',
  'to',
  'q',
  'id',
  'columns',
  'time',
  'wrap',
  'state',
] as const

/**
 * What the page shows. Empty means: does not matter, or as usual. `developer`, `server` and `columns` are lists, separated by commas;
 * `view` is `errors` or nothing; `range` is a key of `RANGES_MS`, up to now, or `all`; `id` opens a record among its neighbours; `time` is `local` or
 * nothing (UTC); `wrap` is `off` or nothing; `state` says which groups of errors.
 */
export type View = Readonly<Record<(typeof NAMES)[number], string>>

/** How far back from now. */
export const RANGES_MS: Readonly<Record<string, number>> = {
  '15m': 15 * 60_000,
  '1h': 3_600_000,
  '6h': 6 * 3_600_000,
  '24h': 24 * 3_600_000,
  '7d': 7 * 24 * 3_600_000,
  '30d': 30 * 24 * 3_600_000,
}

export function parseAddress(search: string): View {
  const parameters = new URLSearchParams(search)
  return Object.fromEntries(NAMES.map((name) => [name, parameters.get(name) ?? ''])) as View
}

/** Of errors older ones are rarely looked for, and all of them take long to be read. */
const ERRORS_RANGE = '24h'

/** What an address means: of errors that say no time those of `ERRORS_RANGE`; `all` is any time, which elsewhere needs no word. */
export function shownView(view: View): View {
  if (view.view === 'errors' && !hasTime(view)) return { ...view, range: ERRORS_RANGE }
  return view.range === 'all' ? { ...view, range: '' } : view
}

/** What is shown after a change. Any time has to be said where it is not what is usual. */
export function changedView(view: View, change: Partial<View>): View {
  const next = { ...view, ...change }
  const isAll = next.view === 'errors' && change.view === undefined && change.range === '' && !hasTime(next)
  return isAll ? { ...next, range: 'all' } : next
}

function hasTime({ range, from, to }: View): boolean {
  return range !== '' || from !== '' || to !== ''
}

/** What stands behind the `?`. */
export function renderAddress(view: View): string {
  return new URLSearchParams(NAMES.filter((name) => view[name] !== '').map((name) => [name, view[name]])).toString()
}

/** The words that the server understands. */
export function renderQuestion(view: View, nowMs: number): URLSearchParams {
  const { developer, server, severity, q, to } = view
  const backMs = RANGES_MS[view.range]
  const from = backMs === undefined ? view.from : new Date(nowMs - backMs).toISOString()
  const words = Object.entries({ developer, server, severity, from, to, q })
  return new URLSearchParams(words.filter(([, value]) => value !== ''))
}

/** Whether anything is left out. */
export function isFiltered(view: View): boolean {
  return renderQuestion(view, 0).size > 0
}

/** A list of the address; `toggle` adds what is missing and takes out what is there. */
export function parseList(text: string): readonly string[] {
  return text === '' ? [] : text.split(',')
}

export function toggle(list: string, value: string): string {
  const values = parseList(list)
  return (values.includes(value) ? values.filter((other) => other !== value) : [...values, value]).join(',')
}

/** What an element of the page asks of it: other things to show. `isTyping`: the same step of the history goes on. */
export class ViewChange extends Event {
  static readonly type = 'view-change'
  readonly change: Partial<View>
  readonly isTyping: boolean

  constructor(change: Partial<View>, isTyping = false) {
    super(ViewChange.type, { bubbles: true })
    this.change = change
    this.isTyping = isTyping
  }
}
