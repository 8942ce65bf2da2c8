// One record as a line of the list; what does not fit a line opens under it.
import type { ShownRecord } from '../query/wire.ts'
import { showText } from './show-text.ts'

/** Of a longer message the line shows so much; the rest opens with it. */
const LINE_LENGTH_MAX = 400

/** A frame of the developer's own: a place in the release, not in a library and not in Node. */
const OWN_FRAME = /(?:^|[\s(])((?!node:)(?:[\w.-]+\/)*[\w.-]+\.[cm]?tsx?:\d+(?::\d+)?)/

export function createRecordRow(record: ShownRecord): HTMLLIElement {
  const row = element('li', 'record')
  row.dataset.severity = record.severity
  row.dataset.id = record.id
  const hasMore =
    record.stack !== undefined ||
    record.request !== undefined ||
    record.fields !== undefined ||
    record.message.length > LINE_LENGTH_MAX
  if (!hasMore) {
    const line = element('div', 'line')
    fillLine(line, record)
    row.append(line)
    return row
  }
  const details = element('details')
  const line = element('summary', 'line')
  fillLine(line, record)
  details.append(line)
  // Made when it is opened: most never are.
  details.addEventListener('toggle', () => details.append(createMore(record)), { once: true })
  row.append(details)
  return row
}

/** The day, in front of its first record. */
export function createDayRow(day: string): HTMLLIElement {
  const row = element('li', 'day')
  row.dataset.day = day
  const time = element('time', undefined, day)
  time.dateTime = day
  row.append(time, element('span', undefined, 'UTC'))
  return row
}

/** Where records are missing on the page. */
export function createSkippedRow(text: string, reload: () => void): HTMLLIElement {
  const row = element('li', 'skipped')
  const button = element('button', undefined, 'Show the newest')
  button.type = 'button'
  button.addEventListener('click', reload)
  row.append(element('span', undefined, text), button)
  return row
}

/** Where records were lost before they were stored. */
export function createMissingRow(count: number, { developer, server }: ShownRecord): HTMLLIElement {
  const row = element('li', 'skipped')
  const what = count === 1 ? '1 record is' : `${count.toLocaleString('en')} records are`
  row.append(`${what} missing here: ${developer} ${server} wrote more than was stored`)
  return row
}

function fillLine(line: HTMLElement, record: ShownRecord): void {
  const time = element('time', 'time', record.time.slice(11, 23))
  time.dateTime = record.time
  time.title = `written ${record.time}\nreceived ${record.received}`
  const source = element('span', 'source')
  source.append(element('b', undefined, record.developer), ` ${record.server}`)
  const message = element('span', 'message')
  const isLong = record.message.length > LINE_LENGTH_MAX
  showText(message, isLong ? `${record.message.slice(0, LINE_LENGTH_MAX)} …` : record.message)
  const place = OWN_FRAME.exec(record.stack ?? '')?.[1]
  if (place !== undefined) message.append(' ', element('span', 'place', place))
  line.append(time, element('span', 'severity', record.severity), source, message)
}

function createMore(record: ShownRecord): HTMLElement {
  const more = element('div', 'more')
  if (record.message.length > LINE_LENGTH_MAX) {
    const whole = element('pre', 'whole')
    showText(whole, record.message, true)
    more.append(whole)
  }
  if (record.stack !== undefined) more.append(createStack(record.stack))
  const facts: [string, string][] = Object.entries(record.fields ?? {}).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  if (record.request !== undefined) facts.unshift(['request', record.request])
  const writer = [
    ...(record.release === undefined ? [] : [`release ${record.release}`]),
    ...(record.pid === undefined ? [] : [`pid ${record.pid}`]),
    ...(record.seq === undefined ? [] : [`its record ${record.seq}`]),
  ]
  if (writer.length > 0) facts.push(['written by', writer.join(', ')])
  const list = element('dl')
  for (const [name, value] of facts) {
    const term = element('dt')
    const description = element('dd')
    showText(term, name)
    showText(description, value, true)
    list.append(term, description)
  }
  more.append(list)
  return more
}

function createStack(stack: string): HTMLElement {
  const block = element('pre', 'stack')
  for (const text of stack.split('\n')) {
    const isFrame = /^\s*at /.test(text)
    const frame = element(
      'span',
      isFrame ? (OWN_FRAME.test(text) && !text.includes('node_modules') ? 'own' : 'library') : 'head',
    )
    showText(frame, text)
    block.append(frame, '\n')
  }
  return block
}

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className?: string,
  text?: string,
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  if (className !== undefined) made.className = className
  if (text !== undefined) made.textContent = text
  return made
}
