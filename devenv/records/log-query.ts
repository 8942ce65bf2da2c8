// `logs [-f] [-n N] [--since 10m] [--level warning]`: the words → what is asked. The same at every door.
import {
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
  readonly json: boolean
}

export const LINES_DEFAULT = 100
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
  const rest = words.flatMap((word) => /^(--\w+)=(.*)$/.exec(word)?.slice(1, 3) ?? word)
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
    } else if (word.startsWith('-')) return '"logs" has no such option; see "help logs"'
    else {
      const name = RECORD_SOURCES.find((one) => one === word)
      if (name === undefined || source !== undefined) return `say one of ${RECORD_SOURCES.join(', ')}`
      source = name
    }
  }
  if (source === undefined) return `say whose logs: ${RECORD_SOURCES.join(', ')}`
  return { source, follow, lines: lines ?? (sinceMs === null ? LINES_DEFAULT : LINES_MAX), sinceMs, level, json }
}

/** True for a record that is at least as severe as asked. */
export function isAsked({ level }: LogQuery, severity: Severity): boolean {
  return level === null || severityNumber(severity) <= severityNumber(level)
}
