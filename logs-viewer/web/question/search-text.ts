// The text of a search, put together: a part of a record that somebody clicks becomes a term of it.
import { parseSearch } from '../../query/parse-search.ts'
import type { Term } from '../../query/question.ts'

type FieldTerm = Extract<Term, { kind: 'field' }>

/** Once, and its opposite goes. The rest stays as it was typed, where that is possible. */
export function withTerm(q: string, term: FieldTerm): string {
  const terms = parseSearch(q)
  const text = renderTerm(term)
  // The server says what is wrong with it.
  if (typeof terms === 'string') return `${q} ${text}`
  if (terms.some((other) => isSame(other, term))) return q
  const rest = terms.filter((other) => !isSame(other, { ...term, not: !term.not }))
  const typed = `${q} ${text}`.trim()
  const wanted = [...rest, term]
  return isSearch(typed, wanted) ? typed : wanted.map(renderTerm).join(' ')
}

/** Whether a search can say it: not every name of a field is a word of it. */
export function canBeTerm(term: FieldTerm): boolean {
  return isSearch(renderTerm(term), [term])
}

/** Bare where it means the same, else between quotes. */
function renderTerm(term: Term): string {
  const sign = term.not ? '-' : ''
  if (term.kind === 'pattern') return `${sign}/${term.source}/`
  const [name, value] = term.kind === 'field' ? [`${term.key}:`, term.value] : ['', term.text]
  const bare = `${sign}${name}${value}`
  return isSearch(bare, [term]) ? bare : `${sign}${name}"${value.replace(/["\\]/g, '\\$&')}"`
}

function isSearch(text: string, wanted: readonly Term[]): boolean {
  const terms = parseSearch(text)
  return (
    typeof terms !== 'string' && terms.length === wanted.length && terms.every((term, at) => isSame(term, wanted[at]!))
  )
}

function isSame(a: Term, b: Term): boolean {
  return a.kind === b.kind && a.not === b.not && partsOf(a) === partsOf(b)
}

/** Of texts, whose case does not matter, and of patterns, where it does: `\D` is not `\d`. */
function partsOf(term: Term): string {
  if (term.kind === 'pattern') return term.source
  return JSON.stringify(term.kind === 'field' ? [term.key, term.value] : term.text).toLowerCase()
}
