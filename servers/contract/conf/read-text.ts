// A word with variables, `$scheme://${host}/`, → its pieces.
import type { Text } from './conf.ts'
import type { References } from './references.ts'
import { show, type Word } from './tokenize.ts'
import { BadValue, within } from './values.ts'

/** From `from` on. Throws BadValue. The empty word is a text without pieces. */
export function readText(word: Word, references: References, from = 0): Text {
  const { text } = word
  const pieces: (string | { readonly variable: string })[] = []
  let at = from
  while (at < text.length) {
    const dollar = text.indexOf('$', at)
    const end = dollar === -1 ? text.length : dollar
    if (end > at) pieces.push(text.slice(at, end))
    if (dollar === -1) break
    const name = nameAt(word, dollar)
    references.uses('variable', name.text, within(word, dollar, name.end - dollar))
    pieces.push({ variable: name.text })
    at = name.end
  }
  return pieces
}

/** As many texts as one `return` or `log_format` is made of. */
export function joinTexts(texts: readonly Text[]): Text {
  const joined: (string | { readonly variable: string })[] = []
  for (const piece of texts.flat()) {
    const last = joined.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') joined[joined.length - 1] = last + piece
    else joined.push(piece)
  }
  return joined
}

/** The text when it holds no variables. */
export function plainText(text: Text): string | undefined {
  if (text.length === 0) return ''
  return text.length === 1 && typeof text[0] === 'string' ? text[0] : undefined
}

function nameAt(word: Word, dollar: number): { text: string; end: number } {
  const { text } = word
  const braced = text[dollar + 1] === '{'
  const start = dollar + (braced ? 2 : 1)
  // `$10` is `$1` and a zero, as in nginx.
  const name = /^(?:[1-9](?=\d*(?:\W|$))|\w+)/.exec(text.slice(start))?.[0] ?? ''
  const end = start + name.length
  if (braced && text[end] !== '}') {
    throw new BadValue(within(word, dollar, end - dollar), `The closing "}" of the variable ${show(name)} is missing`)
  }
  if (name === '') {
    const place = within(word, dollar, 1)
    throw new BadValue(
      place,
      'A "$" begins a variable, and no name follows',
      'a "$" of its own cannot be written, as in nginx',
    )
  }
  return { text: name, end: braced ? end + 1 : end }
}
