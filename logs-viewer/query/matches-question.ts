// interim
import { type LogRecord, severityNumber } from '../../servers/contract/record.ts'
import type { Question } from './question.ts'

export function matchesQuestion(question: Question, record: LogRecord): boolean {
  const { developers, servers, severity, from, to, terms } = question
  if (developers.length > 0 && !developers.includes(record.developer)) return false
  if (servers.length > 0 && !servers.includes(record.server)) return false
  if (severity !== null && severityNumber(record.severity) > severityNumber(severity)) return false
  if (from !== null && record.received < from) return false
  if (to !== null && record.received >= to) return false
  const all = JSON.stringify(record).toLowerCase()
  return terms.every((term) => term.kind !== 'text' || all.includes(term.text))
}
