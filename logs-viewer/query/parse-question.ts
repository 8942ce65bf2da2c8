// The words of a question, in the address of the page, of the API and of the tail: see wire.ts.
import { isDeveloperName } from '../../servers/contract/names.ts'
import { parseSeverity } from '../../servers/contract/record.ts'
import { parseSearch } from './parse-search.ts'
import type { Question } from './question.ts'
import { isRecordSource } from './record-id.ts'

/** A yard has a thousand developers at most. */
const NAMES_MAX = 1000

/** Of these only one could be heeded. */
const ONCE = ['severity', 'from', 'to', 'q']

/** What is left out or empty does not matter. Answers with a sentence when something cannot be. */
export function parseQuestion(parameters: URLSearchParams): Question | string {
  const developers = namesIn(parameters.getAll('developer'))
  const servers = namesIn(parameters.getAll('server'))
  if (developers.length + servers.length > NAMES_MAX) return `A question may name ${NAMES_MAX} at most`
  const stranger = developers.find((name) => !isDeveloperName(name))
  if (stranger !== undefined) return `"${stranger}" cannot be a developer's name`
  const unknown = servers.find((name) => !isRecordSource(name))
  if (unknown !== undefined) return `There is no server "${unknown}"`
  const twice = ONCE.find((name) => parameters.getAll(name).length > 1)
  if (twice !== undefined) return `"${twice}" may be there once`
  const severityText = parameters.get('severity') || null
  const severity = severityText === null ? null : (parseSeverity(severityText) ?? null)
  if (severityText !== null && severity === null) return `There is no severity "${severityText}"`
  const from = parameters.get('from') || null
  const to = parameters.get('to') || null
  for (const time of [from, to]) {
    if (time !== null && parseTime(time) === undefined)
      return `"${time}" is no time; one is written 2026-11-20T12:00:00.000Z`
  }
  const terms = parseSearch(parameters.get('q') ?? '')
  if (typeof terms === 'string') return terms
  return {
    developers,
    servers,
    severity,
    from: from === null ? null : parseTime(from)!,
    to: to === null ? null : parseTime(to)!,
    terms,
  }
}

/** Separated by commas, or each by itself, as many programs send a list. */
function namesIn(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(',')).filter((name) => name !== '')
}

/** ISO 8601, also a day alone. What a program compares is always UTC with milliseconds. */
function parseTime(text: string): string | undefined {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d))?$/.test(text)) return undefined
  // 30 February would become 2 March.
  const dayMs = Date.parse(text.slice(0, 10))
  if (Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== text.slice(0, 10)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}
