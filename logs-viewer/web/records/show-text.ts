// Text of a record on the page: always as text nodes, with a sign for each character that would be invisible or turn the line around,
// and with a mark where it has what somebody searches for.
import { html, type TemplateResult } from 'lit'
import { findHits } from './find-hits.ts'

/** C0 and C1 controls, soft hyphen, zero-width and direction characters, line separators, the byte order mark. */
const UNSEEN = /[\x00-\x08\x0a-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g
/** The joiners, which Persian, the scripts of India and emoji are written with; between letters of Europe they only hide. */
const JOINERS = '\u200c\u200d'
const JOINED = /[\u0600-\u1dff\u2190-\ufefe]/

const NAMES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\0': '\\0', '\v': '\\v', '\f': '\\f' }

export type Shown = string | TemplateResult | readonly (string | TemplateResult)[]

/** A line break is shown as a sign, and stays one when `keepLines`. */
export function showText(text: string, patterns: readonly RegExp[], keepLines = false): Shown {
  const hits = findHits(text, patterns)
  if (hits.length === 0) return showPart(text, keepLines)
  const parts: (string | TemplateResult)[] = []
  let start = 0
  for (const [from, to] of hits) {
    parts.push(...flat(showPart(text.slice(start, from), keepLines)))
    parts.push(html`<mark>${showPart(text.slice(from, to), keepLines)}</mark>`)
    start = to
  }
  parts.push(...flat(showPart(text.slice(start), keepLines)))
  return parts
}

function showPart(text: string, keepLines: boolean): Shown {
  const parts: (string | TemplateResult)[] = []
  let start = 0
  for (const { index: at, 0: character } of text.matchAll(UNSEEN)) {
    if (isJoiner(text, at)) continue
    if (at > start) parts.push(text.slice(start, at))
    parts.push(keepLines && character === '\n' ? '\n' : signOf(character))
    start = at + 1
  }
  if (parts.length === 0) return text
  if (start < text.length) parts.push(text.slice(start))
  return parts
}

function isJoiner(text: string, at: number): boolean {
  return JOINERS.includes(text[at]!) && JOINED.test(text[at - 1] ?? '') && JOINED.test(text[at + 1] ?? '')
}

/** The same where there is no room for signs: each is a dot. */
export function dotUnseen(text: string): string {
  return text.replace(UNSEEN, (character, at: number) => (isJoiner(text, at) ? character : '·'))
}

function signOf(character: string): TemplateResult {
  const code = character.charCodeAt(0).toString(16)
  // As it is written in a string: Unicode's pictures of controls are missing in most fonts.
  const sign = NAMES[character] ?? (code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`)
  return html`<span class="unseen" title="U+${code.toUpperCase().padStart(4, '0')}">${sign}</span>`
}

function flat(shown: Shown): readonly (string | TemplateResult)[] {
  return Array.isArray(shown) ? shown : [shown as string | TemplateResult]
}
