// `logs [-f] [-n N] [--since 10m] [--level warning] [--grep TEXT]`: the words → what is asked. The same at every door.
import {
  type LogRecord,
  parseSeverity,
  RECORD_SOURCES,
  SEVERITIES,
  type Severity,
  severityNumber,
} from '../../servers/contract/record.ts'

export type RecordSourceName = (typeof RECORD_SOURCES)[number]

export interface LogQuery {
  readonly source: RecordSourceName
  readonly follow: boolean
  /** How many of the newest to begin with. */
  readonly lines: number
  /** Nothing received before it; null: however old. Milliseconds since 1970. */
  readonly sinceMs: number | null
  /** Nothing less severe; null: everything. */
  readonly level: Severity | null
  /** Nothing without this text in its message, stack, request's id or fields, whatever its case; null: everything. */
  readonly grep: string | null
  readonly json: boolean
}

export const LINES_DEFAULT = 100
/** Nobody types more; it is compared with every record. */
export const GREP_LENGTH_MAX = 200
/** More than anybody reads in a terminal; the files and the log page have the rest. */
export const LINES_MAX = 10_000

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `10m`, `2h`, or a date as in the records. Undefined when it is neither. */
export function parseSince(text: string, nowMs: number): number | undefined {
  const [, count, unit = ''] = /^(\d{1,5})([smhd])$/.exec(text) ?? []
  if (count !== undefined) return nowMs - Number(count) * UNITS[unit]!
  const at = /^\d{4}-\d{2}-\d{2}(T[\d:.]{5,12}Z?)?$/.test(text)
    ? Date.parse(/T.*[^Z]$/.test(text) ? `${text}Z` : text)
    : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

/** A number of lines, at most LINES_MAX. Undefined when it is none. */
export function parseLines(text: string): number | undefined {
  return /^\d{1,7}$/.test(text) ? Math.min(Number(text), LINES_MAX) : undefined
}

/** Words behind `logs`. A text is what is wrong with them. */
export function parseLogQuery(words: readonly string[], nowMs: number): LogQuery | string {
  let source: RecordSourceName | undefined
  let [follow, json] = [false, false]
  let lines: number | undefined
  let sinceMs: number | null = null
  let level: Severity | null = null
  let grep: string | null = null
  const rest = words.flatMap((word) => /^(--\w+)=(.*)$/s.exec(word)?.slice(1, 3) ?? word)
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '-f' || word === '--follow') follow = true
    else if (word === '--json') json = true
    else if (word === '-n' || word === '--lines') {
      lines = parseLines(rest.shift() ?? '')
      if (lines === undefined) return '-n takes a number'
    } else if (word === '--since') {
      sinceMs = parseSince(rest.shift() ?? '', nowMs) ?? null
      if (sinceMs === null) return '--since takes a time as 10m, 2h, 1d or 2026-11-20T10:00:00Z'
    } else if (word === '--level') {
      level = parseSeverity(rest.shift() ?? '') ?? null
      if (level === null) return `--level takes one of ${SEVERITIES.join(', ')}`
    } else if (word === '--grep') {
      grep = parseGrep(rest.shift() ?? '') ?? null
      if (grep === null) return `--grep takes a text of at most ${GREP_LENGTH_MAX} characters`
    } else if (word.startsWith('-')) return '"logs" has no such option; see "help logs"'
    else {
      const name = RECORD_SOURCES.find((one) => one === word)
      if (name === undefined || source !== undefined) return `say one of ${RECORD_SOURCES.join(', ')}`
      source = name
    }
  }
  if (source === undefined) return `say whose logs: ${RECORD_SOURCES.join(', ')}`
  return { source, follow, lines: lines ?? (sinceMs === null ? LINES_DEFAULT : LINES_MAX), sinceMs, level, grep, json }
}

/** Undefined for none, and for one that is too long. */
export function parseGrep(text: string): string | undefined {
  return text === '' || text.length > GREP_LENGTH_MAX ? undefined : text
}

/** True for a record that is severe enough and has the text in it. */
export function isAsked({ level, grep }: LogQuery, record: LogRecord): boolean {
  if (level !== null && severityNumber(record.severity) > severityNumber(level)) return false
  return grep === null || textOf(record).toLowerCase().includes(grep.toLowerCase())
}

function textOf({ message, stack, request, fields }: LogRecord): string {
  return [message, stack, request, fields === undefined ? undefined : JSON.stringify(fields)].filter(Boolean).join('\n')
}
