import type { Term } from '../../query/question.ts'

export function parseTerms(q: string): readonly Term[] {
  return q
    .split(/\s+/)
    .filter((text) => text !== '')
    .map((text) => ({ kind: 'text' as const, not: text.startsWith('-'), text: text.toLowerCase() }))
}
