// Whether a record is one that was asked for. Pure, and the same for a page of history, a tail and what the page shows already.
import { type LogRecord, severityNumber } from '../../servers/contract/record.ts'
import { compilePattern } from './parse-search.ts'
import type { FieldTerm, PatternTerm, Question } from './question.ts'

/**
 * `count` records match nothing, unless some are missing right before them: then they are where that is seen. A pattern takes what time it
 * takes; where others wait, `createSelector` is what asks.
 */
export function matchesQuestion(question: Question, record: LogRecord & { readonly missing?: number }): boolean {
  const { developers, servers, severity, from, to, terms } = question
  if (record.kind === 'count' && record.missing === undefined) return false
  if (developers.length > 0 && !developers.includes(record.developer)) return false
  if (servers.length > 0 && !servers.includes(record.server)) return false
  if (severity !== null && severityNumber(record.severity) > severityNumber(severity)) return false
  if (from !== null && record.received < from) return false
  if (to !== null && record.received >= to) return false
  return terms.length === 0 || matchesTerms(terms, record)
}

function matchesTerms(terms: Question['terms'], record: LogRecord): boolean {
  const text = searchedText(record)
  return terms.every((term) => {
    if (term.kind === 'text') return text.includes(term.text) !== term.not
    if (term.kind === 'pattern') return patternOf(term).test(text) !== term.not
    return (hasField(record, term) || text.includes(`${term.key}:${term.value}`)) !== term.not
  })
}

/** What a search looks into, in lower case: every part on lines of its own. */
export function searchedText({ message, stack, request, fields }: LogRecord): string {
  let text = message
  if (stack !== undefined) text += `\n${stack}`
  if (request !== undefined) text += `\n${request}`
  if (fields !== undefined) {
    const json = JSON.stringify(fields)
    text += `\n${json}`
    // A quote, a backslash or the end of a line is two characters there: such texts also stand as they are.
    if (json.includes('\\')) text += textsOf(fields)
  }
  return text.toLowerCase()
}

/** The names and values in which JSON escapes something, each on lines of its own. */
function textsOf(value: unknown): string {
  if (typeof value === 'string') return ESCAPED.test(value) ? `\n${value}` : ''
  if (typeof value !== 'object' || value === null) return ''
  return Object.entries(value)
    .map(([name, inner]) => (Array.isArray(value) ? '' : textsOf(name)) + textsOf(inner))
    .join('')
}

/** What JSON writes otherwise. */
export const ESCAPED = /["\\\p{Cc}\p{Cs}]/u

const PARTS: ReadonlySet<string> = new Set(['release', 'request', 'pid', 'kind'] satisfies (keyof LogRecord)[])

function hasField(record: LogRecord, { key, value }: FieldTerm): boolean {
  if (PARTS.has(key) && asText(record[key as keyof LogRecord]) === value) return true
  return record.fields !== undefined && hasValue(record.fields, key, value)
}

/** `a.b` is `b` in `a`, or a name with a dot in it. Case does not matter in names either. */
function hasValue(fields: object, key: string, value: string): boolean {
  for (const [name, found] of Object.entries(fields)) {
    const lower = name.toLowerCase()
    if (lower === key && asText(found) === value) return true
    const isAbove = typeof found === 'object' && found !== null && key.startsWith(`${lower}.`)
    if (isAbove && hasValue(found, key.slice(lower.length + 1), value)) return true
  }
  return false
}

function asText(value: unknown): string | undefined {
  if (value === undefined) return undefined
  return (typeof value === 'object' ? JSON.stringify(value) : String(value)).toLowerCase()
}

const compiled = new WeakMap<PatternTerm, RegExp>()

function patternOf(term: PatternTerm): RegExp {
  let pattern = compiled.get(term)
  if (pattern === undefined) {
    pattern = compilePattern(term.source)
    compiled.set(term, pattern)
  }
  return pattern
}
