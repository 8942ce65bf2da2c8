// The page: a filter in the address bar, the newest records that match it, and what comes after them.
import { SEVERITIES } from '../../servers/contract/record.ts'
import type { RecordsReply, ShownRecord } from '../query/wire.ts'
import { FILTER_NAMES, readAddress, renderQuery, type ShownFilter, writeAddress } from './address.ts'
import { RecordList } from './record-list.ts'
import { openTail, type Tail, type TailState } from './tail.ts'

/** How long a pause in typing means: search now. */
const TYPING_MS = 250

const STATES: Readonly<Record<TailState, string>> = { connecting: 'Connecting', live: 'Live', waiting: 'Reconnecting' }

const byId = <Type extends HTMLElement>(id: string) => document.getElementById(id) as Type
const form = byId<HTMLFormElement>('filter')
const status = byId('status')
const older = byId<HTMLButtonElement>('older')
const beginning = byId('beginning')
const scroller = byId('scroller')
const list = new RecordList({
  scroller,
  list: byId<HTMLOListElement>('records'),
  follow: byId<HTMLButtonElement>('follow'),
  reload: () => show(readAddress()),
})

let tail: Tail | undefined
let asked = new AbortController()
let before: string | null = null
/** Live records that come before the first answer, which they have to follow. */
let early: ShownRecord[] | undefined

/** Shows what an address says, from the beginning. */
function show(filter: ShownFilter): void {
  const query = renderQuery(filter)
  asked.abort()
  tail?.close()
  setControls(filter)
  early = []
  tail = openTail(query, {
    newestId: () => (early === undefined ? list.newestId : undefined),
    onState(state) {
      status.dataset.state = state
      status.textContent = STATES[state]
    },
    // The tail is open before the records are asked for, so nothing falls between the two.
    onOpen() {
      if (early === undefined && !list.isEmpty) return
      early ??= []
      void showNewest(filter, query)
    },
    onRecord(record) {
      if (early !== undefined) early.push(record)
      else list.append(record)
      byId('empty').hidden = true
    },
    onSkipped: (skipped) => list.skipped(skipped),
  })
}

async function showNewest(filter: ShownFilter, query: string): Promise<void> {
  const reply = await ask(query)
  if (reply === undefined) return
  setSources(reply.sources, filter)
  list.reset(reply.records, filter.severity === '' && filter.text === '')
  for (const record of early ?? []) list.append(record)
  early = undefined
  setBefore(reply.before)
  showEmpty(filter, reply)
}

async function showOlder(): Promise<void> {
  if (before === null || older.disabled) return
  older.disabled = true
  const query = new URLSearchParams(renderQuery(readAddress()))
  query.set('before', before)
  const reply = await ask(query.toString())
  older.disabled = false
  if (reply === undefined) return
  list.prepend(reply.records)
  setBefore(reply.before)
}

/** Undefined when the page has moved on, or the server is away; then the tail's return asks again. */
async function ask(query: string): Promise<RecordsReply | undefined> {
  asked = new AbortController()
  try {
    const response = await fetch(`/api/records?${query}`, { signal: asked.signal })
    const reply = await response.json()
    if (response.ok) return reply
    showSentence('This cannot be shown', reply.error, true)
  } catch {
    // Aborted, or away: `status` says so.
  }
  return undefined
}

function setBefore(id: string | null): void {
  before = id
  older.hidden = id === null
  beginning.hidden = id !== null || list.isEmpty
}

function showEmpty(filter: ShownFilter, reply: RecordsReply): void {
  if (!list.isEmpty) {
    byId('empty').hidden = true
  } else if (renderQuery(filter) !== '') {
    const where = reply.before === null ? '' : ' among the newest ones; older ones can be searched above'
    showSentence('No record matches', `Nothing fits this filter${where}. New records that do will appear here.`, true)
  } else {
    showSentence('No records yet', 'Whatever a server of this yard logs appears here at once. In a script:', false)
    const example = byId('empty').querySelector('pre')!
    example.hidden = false
    example.firstElementChild!.textContent = "ctx.log.info('hello', { from: 'src/main.ts' })"
  }
}

function showSentence(title: string, text: string, canShowAll: boolean): void {
  const empty = byId('empty')
  empty.hidden = false
  empty.querySelector('h2')!.textContent = title
  empty.querySelector('p')!.textContent = text
  empty.querySelector('pre')!.hidden = true
  empty.querySelector('button')!.hidden = !canShowAll
}

function setControls(filter: ShownFilter): void {
  for (const name of FILTER_NAMES) {
    const control = form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement
    if (control instanceof HTMLSelectElement) offer(control, filter[name])
    if (control.value !== filter[name]) control.value = filter[name]
  }
  const named = [filter.developer, filter.server].filter((text) => text !== '').join(' ')
  document.title = named === '' ? 'edgeyard logs' : `${named} · edgeyard logs`
}

function setSources(sources: RecordsReply['sources'], filter: ShownFilter): void {
  for (const name of ['developer', 'server'] as const) {
    const select = form.elements.namedItem(name) as HTMLSelectElement
    select.length = 1
    for (const value of [...new Set(sources.map((source) => source[name]))].sort()) offer(select, value)
    offer(select, filter[name])
    select.value = filter[name]
  }
}

/** A value of the address is offered even before the yard is known to have it. */
function offer(select: HTMLSelectElement, value: string): void {
  if (![...select.options].some((option) => option.value === value)) select.add(new Option(value, value))
}

function change(isNew: boolean): void {
  const data = new FormData(form)
  const read = (name: string) => String(data.get(name) ?? '')
  const filter = {
    developer: read('developer'),
    server: read('server'),
    severity: read('severity'),
    text: read('text'),
  }
  writeAddress(filter, isNew)
  show(filter)
}

const severities = form.elements.namedItem('severity') as HTMLSelectElement
for (const severity of SEVERITIES.slice(0, -1).toReversed()) {
  severities.add(new Option(severity === 'emerg' ? severity : `${severity} and worse`, severity))
}

let typing = 0
form.addEventListener('change', ({ target }) => {
  if (target instanceof HTMLSelectElement) change(true)
})
form.addEventListener('input', ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return
  clearTimeout(typing)
  typing = setTimeout(() => change(false), TYPING_MS)
})
form.addEventListener('submit', (event) => {
  event.preventDefault()
  clearTimeout(typing)
  change(true)
})
older.addEventListener('click', () => void showOlder())
scroller.addEventListener('scroll', () => {
  if (scroller.scrollTop < scroller.clientHeight / 2) void showOlder()
})
byId('empty')
  .querySelector('button')!
  .addEventListener('click', () => {
    form.reset()
    change(true)
  })
addEventListener('popstate', () => show(readAddress()))
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  ;(form.elements.namedItem('text') as HTMLInputElement).focus()
})

show(readAddress())
