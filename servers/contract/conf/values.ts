// The words of a conf → values with units, by nginx's rules. Each reader says what would have been right.
import { didYouMean } from '../nearest.ts'
import { type Place, show, type Word } from './tokenize.ts'

/** A word that says something its directive cannot take. Caught by `bindBlock`, never seen outside. */
export class BadValue extends Error {
  readonly at: Place
  readonly hint: string | undefined

  constructor(at: Place, message: string, hint?: string) {
    super(message)
    this.at = at
    this.hint = hint
  }
}

/** A part of a word, for a caret under just that part; the whole word where escapes blur the columns. */
export function within(word: Word, start: number, length: number): Place {
  const quote = word.quoted ? 1 : 0
  if (word.end - word.start !== word.text.length + 2 * quote) return word
  return { start: word.start + quote + start, end: word.start + quote + start + length }
}

/** The rest of a word, as a word: what a message about it points at. */
export function rest(word: Word, start: number): Word {
  const text = word.text.slice(start)
  return { ...word, ...within(word, start, Math.max(1, text.length)), text, quoted: false }
}

/** A whole number without a sign or unit. */
export function readNumber(word: Word, { min, max }: { min: number; max: number }): number {
  const value = /^\d{1,15}$/.test(word.text) ? Number(word.text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new BadValue(word, `${show(word.text)} is not a number from ${min} to ${max}`)
}

/** One of the words; nothing else, in lower case as in nginx. */
export function readOneOf<Allowed extends string>(word: Word, allowed: readonly Allowed[], what: string): Allowed {
  const found = allowed.find((each) => each === word.text)
  if (found !== undefined) return found
  const list = allowed.map((each) => `"${each}"`).join(', ')
  throw new BadValue(word, `${show(word.text)} is not ${what}: allowed are ${list}`, didYouMean(word.text, allowed))
}

export function readOnOff(word: Word): boolean {
  return readOneOf(word, ['on', 'off'], 'a switch') === 'on'
}

/** `10r/s` or `30r/m`: requests or messages a second. */
export function readRate(word: Word): number {
  const match = /^(\d{1,7})r\/([sm])$/.exec(word.text)
  const count = Number(match?.[1] ?? 0)
  if (count > 0) return match![2] === 's' ? count : count / 60
  throw new BadValue(word, `${show(word.text)} is not a rate: write one like "10r/s" or "30r/m"`)
}

/** A word that may say anything but nothing, and no variable: nginx expands none here, or we do not. */
export function readPlain(word: Word): string {
  if (word.text === '') throw new BadValue(word, 'An empty text is not allowed here')
  const variable = /\$(?:\w+|\{\w*\}?)/.exec(word.text)
  if (variable === null) return word.text
  throw new BadValue(within(word, variable.index, variable[0].length), `"${variable[0]}": this takes no variables`)
}

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

/** nginx's sizes: bytes, or with `k`, `m` or `g`. In bytes. */
export function readSize(word: Word, { min, max }: { min: number; max: number }): number {
  const match = /^(\d{1,15})([kmg]?)$/i.exec(word.text)
  if (match === null) {
    throw new BadValue(
      word,
      `${show(word.text)} is not a size: write a number of bytes, or one with k, m or g as in "64k"`,
    )
  }
  const bytes = Number(match[1]) * SIZE_UNITS[match[2]!.toLowerCase()]!
  if (bytes >= min && bytes <= max) return bytes
  throw new BadValue(word, `${show(word.text)} is out of range: from ${showSize(min)} to ${showSize(max)}`)
}

function showSize(bytes: number): string {
  const unit = ['g', 'm', 'k'].find((each) => bytes > 0 && bytes % SIZE_UNITS[each]! === 0) ?? ''
  return `${bytes / SIZE_UNITS[unit]!}${unit}`
}

/** nginx's units of time, from large to small, in milliseconds; a month has 30 days and a year 365. */
const TIME_UNITS = {
  y: 31_536_000_000,
  M: 2_592_000_000,
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
}
const TIME =
  /^(?:(\d{1,9})y ?)?(?:(\d{1,9})M ?)?(?:(\d{1,9})w ?)?(?:(\d{1,9})d ?)?(?:(\d{1,9})h ?)?(?:(\d{1,9})m ?)?(?:(\d{1,9})(?:s ?|$))?(?:(\d{1,9})ms)?$/

/** nginx's times: seconds, or units from large to small as in `1h30m`, `1m30s`, `500ms`. In milliseconds. */
export function readTime(word: Word): number {
  const match = TIME.exec(word.text)
  if (match === null || word.text === '') {
    throw new BadValue(word, `${show(word.text)} is not a time: write seconds, or units as in "10s", "500ms", "1m30s"`)
  }
  const units = [...Object.values(TIME_UNITS), 1]
  return units.reduce((sum, unit, index) => sum + unit * Number(match[index + 1] ?? 0), 0)
}

/** A time within bounds that are written as nginx would, e.g. `1ms` and `24h`. In milliseconds. */
export function readTimeBetween(word: Word, bounds: { min: string; max: string }): number {
  const value = readTime(word)
  const bound = (text: string) => readTime({ ...word, text })
  if (value >= bound(bounds.min) && value <= bound(bounds.max)) return value
  throw new BadValue(word, `${show(word.text)} is out of range: from ${bounds.min} to ${bounds.max}`)
}

/** A host name, an IPv4 address, or an IPv6 address in brackets. */
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])$/

/** `HOST:PORT`; the brackets of an IPv6 address are taken off. */
export function readHostPort(word: Word, portMin: number, start = 0): { host: string; port: number } {
  const text = word.text.slice(start)
  const colon = text.lastIndexOf(':')
  const host = colon === -1 ? text : text.slice(0, colon)
  if (colon === -1 || host.endsWith(':')) throw new BadValue(word, `${show(word.text)} has no port: write HOST:PORT`)
  if (!HOST.test(host)) {
    throw new BadValue(
      within(word, start, host.length),
      `${show(host)} is not a host: write a name, an IPv4 address, or an IPv6 address in brackets`,
    )
  }
  return { host: host.replace(/^\[|\]$/g, ''), port: readPort(word, start + colon + 1, portMin) }
}

/** The rest of a word, from `start`, as a port. */
export function readPort(word: Word, start: number, portMin: number): number {
  const text = word.text.slice(start)
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port >= portMin && port <= 65535) return port
  throw new BadValue(within(word, start, Math.max(1, text.length)), `${show(text)} is not a port: 1 to 65535`)
}

/** `HOST:PORT` or `unix:/path/to.sock`: where a store is reached. */
export function readAddress(word: Word): { host: string; port: number } | { path: string } {
  if (!word.text.startsWith('unix:')) return readHostPort(word, 1)
  const path = word.text.slice('unix:'.length)
  if (!path.startsWith('/')) throw new BadValue(word, `${show(word.text)} needs an absolute path: unix:/path/to.sock`)
  return { path }
}

/** `key=value` words in any order, each at most once. The word of each that is there, with the value alone as its text. */
export function readOptions<Key extends string>(words: readonly Word[], keys: readonly Key[]): Map<Key, Word> {
  const found = new Map<Key, Word>()
  for (const word of words) {
    const equals = word.text.indexOf('=')
    const name = equals === -1 ? word.text : word.text.slice(0, equals)
    const key = keys.find((each) => each === name)
    if (key === undefined || equals === -1) {
      // The value stays out of the message: it may be a password.
      const list = keys.map((each) => `${each}=`).join(', ')
      throw new BadValue(
        word,
        `${show(name)} is no parameter of this directive: allowed are ${list}`,
        didYouMean(name, keys),
      )
    }
    if (found.has(key)) throw new BadValue(word, `"${key}=" is given twice`)
    found.set(key, {
      ...word,
      ...within(word, equals + 1, word.text.length - equals - 1),
      text: word.text.slice(equals + 1),
    })
  }
  return found
}

/** A path inside the release: relative, with `/`, and never out of it. */
export function readReleasePath(word: Word): string {
  readPlain(word)
  const path = word.text.replace(/\/+$/, '')
  const parts = path.split('/')
  if (path === '' || parts.some((part) => part === '' || part === '.' || part === '..') || path.includes('\\')) {
    throw new BadValue(
      word,
      `${show(word.text)} is not a path inside the release: write one like "src/main.ts", without "..", "." or a leading "/"`,
    )
  }
  return path
}

/** The name of a store or variable: what a script writes behind a dot. */
export function readName(word: Word, from: number, what: string): string {
  const name = word.text.slice(from)
  if (/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name)) return name
  throw new BadValue(word, `${show(word.text)} is not ${what}: letters, digits and "_", a letter first`)
}
