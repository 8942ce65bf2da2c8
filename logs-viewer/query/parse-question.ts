// interim
import { isDeveloperName } from '../../servers/contract/names.ts'
import { parseSeverity } from '../../servers/contract/record.ts'
import type { Question } from './question.ts'
import { isRecordSource } from './record-id.ts'

export function parseQuestion(parameters: URLSearchParams): Question | string {
  const list = (name: string) => (parameters.get(name) ?? '').split(',').filter((text) => text !== '')
  const developers = list('developer')
  const servers = list('server')
  const severityText = parameters.get('severity') || null
  const severity = severityText === null ? null : parseSeverity(severityText)
  const wrong = developers.find((name) => !isDeveloperName(name))
  if (wrong !== undefined) return `"${wrong}" cannot be a developer's name`
  const none = servers.find((name) => !isRecordSource(name))
  if (none !== undefined) return `There is no server "${none}"`
  if (severity === undefined) return `There is no severity "${severityText}"`
  const q = parameters.get('q')?.toLowerCase() ?? ''
  return {
    developers,
    servers,
    severity,
    from: parameters.get('from'),
    to: parameters.get('to'),
    terms: q === '' ? [] : [{ not: false, kind: 'text', text: q }],
  }
}
