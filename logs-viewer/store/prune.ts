// Which blocks and lines a question may pass over unread.
import { ESCAPED } from '../query/matches-question.ts'
import type { Question, Term } from '../query/question.ts'
import type { Block } from './block.ts'
import { gramsOf, hasGrams } from './grams.ts'

/** Characters that are themselves in JSON, whoever writes it. */
const PLAIN_RUNS = /[\w .:;,@#()[\]-]+/g
/** Of a regular expression. */
const PIECES = /\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\c[a-z]|\\\d+|\\.|\[(?:\\.|[^\]\\])*\]|\{[^}]*\}|./gis
/** Parts of a record that its grams do not know. */
const UNMARKED: ReadonlySet<string> = new Set(['pid', 'kind'])

/** False when no record of the block can match. */
export function createPruner({ terms }: Question): (block: Block) => boolean {
  const bits = terms.flatMap((term) => gramsOf(textOf(term) ?? ''))
  return (block) => bits.length === 0 || hasGrams(block.grams(), bits)
}

/** What a line must contain, in lower case, as it stands in the file; undefined when nothing is known. */
export function needleOf({ terms }: Question): string | undefined {
  let needle = ''
  for (const term of terms) {
    for (const [run] of (textOf(term) ?? '').matchAll(PLAIN_RUNS)) if (run.length > needle.length) needle = run
  }
  return needle === '' ? undefined : needle
}

/** A text that stands in what is searched of every record that a term holds for. */
function textOf(term: Term): string | undefined {
  if (term.not) return undefined
  if (term.kind === 'pattern') return literalOf(term.source)
  if (term.kind === 'text') return term.text
  // Of `key:value` the value stands there, alone or behind the key.
  return UNMARKED.has(term.key) || ESCAPED.test(term.value) ? undefined : term.value
}

/** The longest text that a regular expression cannot do without, in lower case. Of one with groups or alternatives nothing is known. */
export function literalOf(source: string): string {
  if (/[|()]/.test(source)) return ''
  let longest = ''
  let run = ''
  const end = (rest: string) => {
    if (rest.length > longest.length) longest = rest
    run = ''
  }
  // Escapes and classes, repetitions, single characters.
  for (const [piece] of source.matchAll(PIECES)) {
    if (/^[*?{]/.test(piece)) end(run.slice(0, -1))
    else if (piece.length > 1 || /[+.^$[\]]/.test(piece)) end(run)
    else run += piece.toLowerCase()
  }
  end(run)
  return longest
}
