// nginx's lexical rules: words, quotes, escapes, comments, and the three signs `{`, `}` and `;`. One pass, each with its place.
import type { Problems } from './problems.ts'

/** Offsets into the text; `end` is exclusive. */
export interface Place {
  readonly start: number
  readonly end: number
}

/** Where a token stands on its line. */
interface Line {
  /** Nothing but white space stands before it. */
  readonly startsLine: boolean
  /** How many characters of white space the line begins with. */
  readonly indent: number
}

export interface Word extends Place, Line {
  /** Without quotes, escapes resolved. */
  readonly text: string
  readonly quoted: boolean
  /** Already reported: its text is a guess, so nothing more is said about it. */
  readonly broken: boolean
}

/** A word that stands in no conf: one of our own. */
export function wordOf(text: string): Word {
  return { text, quoted: false, broken: false, startsLine: false, indent: 0, start: 0, end: 0 }
}

export interface Sign extends Place, Line {
  readonly sign: '{' | '}' | ';'
}

export type Token = Word | Sign

/** As long as nginx allows a parameter to be (NGX_CONF_BUFFER). */
const WORD_LENGTH_MAX = 4096

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n', '"': '"', "'": "'", '\\': '\\' }

/**
 * Splits a conf into tokens. As in nginx a quote counts only where a word begins, and `#` only where one could begin.
 * Unlike in nginx `}` ends a bare word: `listen 80}` is a forgotten `;`, not a port called `80}`.
 */
export function tokenize(text: string, problems: Pick<Problems, 'add'>): Token[] {
  const tokens: Token[] = []
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let lineStart = at
  let line: Line | undefined
  while (at < text.length) {
    const char = text[at]!
    if (isSpace(char)) {
      at++
      if (char === '\n') {
        lineStart = at
        line = undefined
      }
      continue
    }
    if (char === '#') {
      at = endOfLine(text, at)
      continue
    }
    line = line === undefined ? { startsLine: true, indent: at - lineStart } : { ...line, startsLine: false }
    if (isSign(char)) tokens.push({ sign: char, start: at, end: at + 1, ...line })
    else if (char === '"' || char === "'") tokens.push(...readQuoted(text, at, line, problems))
    else tokens.push(readBare(text, at, line, problems))
    at = tokens.at(-1)!.end
  }
  return tokens
}

/** A quoted word; when its quote is never closed, what stands on its line, with the sign that the line most likely ends with. */
function readQuoted(text: string, start: number, line: Line, problems: Pick<Problems, 'add'>): Token[] {
  const quote = text[start]!
  let end = start + 1
  while (end < text.length && text[end] !== quote) end += text[end] === '\\' ? 2 : 1
  const closed = end < text.length
  const next = text[end + 1]
  const endsWell = next === undefined || isSpace(next) || isSign(next)
  if (!closed || (!endsWell && text.slice(start, end).includes('\n'))) return readUnclosed(text, start, line, problems)
  if (!endsWell) {
    // The rest belongs to the same word, so that it is reported once.
    const rest = endOfBare(text, end + 1)
    problems.add(
      { start: end + 1, end: rest },
      `Unexpected ${show(text.slice(end + 1, rest))} after a closing quote`,
      `write a space before it, or "\\${quote}" for a quote inside`,
    )
    return [{ text: text.slice(start, rest), quoted: true, ...line, broken: true, start, end: rest }]
  }
  const word = { text: unescapeWord(text.slice(start + 1, end)), quoted: true, ...line, start, end: end + 1 }
  return [{ ...word, broken: !isWordFine(word, problems) }]
}

function readUnclosed(text: string, start: number, line: Line, problems: Pick<Problems, 'add'>): Token[] {
  const end = endOfLine(text, start)
  problems.add({ start, end: start + 1 }, `This quote is not closed: a second ${text[start]} is missing`)
  const rest = text.slice(start, end).trimEnd()
  const sign = rest.endsWith('{') ? '{' : ';'
  return [
    { text: rest, quoted: true, ...line, broken: true, start, end },
    { sign, start: end, end, indent: line.indent, startsLine: false },
  ]
}

function readBare(text: string, start: number, line: Line, problems: Pick<Problems, 'add'>): Word {
  const end = endOfBare(text, start)
  const word = { text: unescapeWord(text.slice(start, end)), quoted: false, ...line, start, end }
  return { ...word, broken: !isWordFine(word, problems) }
}

/** A bare word ends at white space or a sign; `${name}` and what a backslash protects are part of it. */
function endOfBare(text: string, start: number): number {
  let end = start
  while (end < text.length) {
    const char = text[end]!
    if (char === '\\') end = Math.min(end + 2, text.length)
    else if (char === '$' && text[end + 1] === '{') {
      end += 2
      while (end < text.length && /\w/.test(text[end]!)) end++
      if (text[end] === '}') end++
    } else if (isSpace(char) || isSign(char)) break
    else end++
  }
  return end
}

function isWordFine(word: Place & { text: string }, problems: Pick<Problems, 'add'>): boolean {
  if (word.text.length > WORD_LENGTH_MAX) {
    problems.add({ start: word.start, end: word.start + 1 }, `This word is longer than ${WORD_LENGTH_MAX} characters`)
    return false
  }
  const control = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.exec(word.text)?.[0]
  if (control === undefined) return true
  const code = control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  problems.add(word, `A control character (U+${code}) is not allowed in a conf`)
  return false
}

function unescapeWord(raw: string): string {
  return raw.includes('\\') ? raw.replace(/\\([\s\S])/g, (both, char: string) => ESCAPES[char] ?? both) : raw
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

function isSpace(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\n' || char === '\r'
}

function isSign(char: string): char is Sign['sign'] {
  return char === '{' || char === '}' || char === ';'
}

/** A word as it is quoted in a message: in quotes, and never longer than a line. */
export function show(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`
}
