// The terms of what somebody has typed, for marks. What cannot be understood marks nothing; the server says why.
import { parseSearch } from '../../query/parse-search.ts'
import type { Term } from '../../query/question.ts'

export function parseTerms(q: string): readonly Term[] {
  const terms = parseSearch(q)
  return typeof terms === 'string' ? [] : terms
}
