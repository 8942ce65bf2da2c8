// Where a text has what somebody searches for, to be marked. What is found is the server's to say; this only paints.
import type { Term } from '../../query/question.ts'

/** Of one text; more marks help nobody. */
const HITS_MAX = 50

/** Of a longer text only the beginning is looked through. */
const TEXT_LENGTH_MAX = 20_000

/** From where on to what, in characters. */
export type Hit = readonly [from: number, to: number]

export function compileHits(terms: readonly Term[]): readonly RegExp[] {
  return terms.flatMap((term) => {
    if (term.not || term.kind === 'field') return []
    if (term.kind === 'text') return [new RegExp(term.text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'giu')]
    if (!isQuick(term.source)) return []
    try {
      // `^` and `$` are those of a line, as on the server.
      return [new RegExp(term.source, 'gim')]
    } catch {
      // The server's regular expressions are not quite the browser's.
      return []
    }
  })
}

/** The browser cannot stop an expression that takes for ever, so only those that cannot are marked: two repetitions, none of a group. */
function isQuick(source: string): boolean {
  const repetitions = source.match(/[*+]|\{\d+,\d*\}/g) ?? []
  return repetitions.length <= 2 && !/\)(?:[*+]|\{)/.test(source) && !/\\[1-9k]/.test(source)
}

/** In order, none within another. */
export function findHits(text: string, patterns: readonly RegExp[]): readonly Hit[] {
  if (patterns.length === 0) return []
  const looked = text.slice(0, TEXT_LENGTH_MAX)
  const hits = patterns
    .flatMap((pattern) => {
      const found: Hit[] = []
      for (const match of looked.matchAll(pattern)) {
        if (match[0] !== '') found.push([match.index, match.index + match[0].length])
        if (found.length >= HITS_MAX) break
      }
      return found
    })
    .sort((a, b) => a[0] - b[0] || b[1] - a[1])
  let end = 0
  return hits.filter(([from, to]) => {
    if (from < end) return false
    end = to
    return true
  })
}
