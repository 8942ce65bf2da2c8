// Which records somebody wants to see. The same words in the page's address, in the API and in the tail.
import { isDeveloperName } from '../../servers/contract/names.ts'
import { type LogRecord, parseSeverity, type Severity, severityNumber } from '../../servers/contract/record.ts'
import { isRecordSource } from './record-id.ts'

/** What is undefined does not matter. */
export interface Filter {
  readonly developer?: string
  readonly server?: string
  /** This one and worse. */
  readonly severity?: Severity
  /** A substring of the message, the stack, the request's id or the fields, in lower case. */
  readonly text?: string
}

/** What a filter's text may be long at most; nobody types more, and it is compared with every record. */
export const TEXT_LENGTH_MAX = 200

/** Reads `developer`, `server`, `severity` and `text`; an empty one is none. Answers with a sentence when one cannot be. */
export function parseFilter(parameters: URLSearchParams): Filter | string {
  const developer = parameters.get('developer') || undefined
  const server = parameters.get('server') || undefined
  const severityText = parameters.get('severity') || undefined
  const text = parameters.get('text')?.toLowerCase() || undefined
  const severity = severityText === undefined ? undefined : parseSeverity(severityText)
  if (developer !== undefined && !isDeveloperName(developer)) return `"${developer}" cannot be a developer's name`
  if (server !== undefined && !isRecordSource(server)) return `There is no server "${server}"`
  if (severityText !== undefined && severity === undefined) return `There is no severity "${severityText}"`
  if (text !== undefined && text.length > TEXT_LENGTH_MAX) return `text may have ${TEXT_LENGTH_MAX} characters at most`
  return {
    ...(developer === undefined ? {} : { developer }),
    ...(server === undefined ? {} : { server }),
    ...(severity === undefined ? {} : { severity }),
    ...(text === undefined ? {} : { text }),
  }
}

export function matches(filter: Filter, record: LogRecord): boolean {
  if (filter.developer !== undefined && record.developer !== filter.developer) return false
  if (filter.server !== undefined && record.server !== filter.server) return false
  if (filter.severity !== undefined && severityNumber(record.severity) > severityNumber(filter.severity)) return false
  return filter.text === undefined || containsText(record, filter.text)
}

/** Characters that are themselves in JSON, whoever writes it; of these the text of a line tells before it is parsed. */
const PLAIN = /^[\w .:;,@#()[\]-]+$/

/** False when a line of a log file cannot match: most lines need no parsing then. */
export function mayMatch({ text }: Filter, line: string): boolean {
  return text === undefined || !PLAIN.test(text) || line.toLowerCase().includes(text)
}

function containsText({ message, stack, request, fields }: LogRecord, text: string): boolean {
  return (
    message.toLowerCase().includes(text) ||
    stack?.toLowerCase().includes(text) === true ||
    request?.toLowerCase().includes(text) === true ||
    (fields !== undefined && JSON.stringify(fields).toLowerCase().includes(text))
  )
}
