// The text of a search, put together: a part of a record that somebody clicks becomes a term of it.
import type { Term } from '../../query/question.ts'

type FieldTerm = Extract<Term, { kind: 'field' }>

/** The opposite of what is added goes. */
export function withTerm(q: string, term: FieldTerm): string {
  const text = renderTerm(term)
  const opposite = renderTerm({ ...term, not: !term.not })
  const rest = q.replace(opposite, '').trim()
  return rest.includes(text) ? rest : `${rest} ${text}`.trim()
}

function renderTerm({ key, value, not }: FieldTerm): string {
  const isPlain = /^[^\s"]+$/.test(value)
  return `${not ? '-' : ''}${key}:${isPlain ? value : `"${value.replaceAll('"', ' ').trim()}"`}`
}
