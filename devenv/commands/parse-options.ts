// What options of the command line take. Each throws commander's InvalidArgumentError, which says what would be right.
import { InvalidArgumentError } from 'commander'
import { parseSeverity, SEVERITIES, type Severity } from '../../servers/contract/record.ts'
import { GREP_LENGTH_MAX, parseGrep, parseLines, parseSince } from '../records/log-query.ts'
import { PORT_MAX, PORT_MIN } from '../settings/settings-fields.ts'

export function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= PORT_MIN && port <= PORT_MAX) return port
  return invalid(`A port is a number from ${PORT_MIN} to ${PORT_MAX}.`)
}

export function parseUnitName(text: string): string {
  return /^[a-z][a-z0-9-]{0,39}$/.test(text) ? text : invalid('A name is of a-z, 0-9 and "-".')
}

export function parseText(text: string): string {
  return parseGrep(text) ?? invalid(`A text has 1 to ${GREP_LENGTH_MAX} characters.`)
}

export function parseCount(text: string): number {
  return parseLines(text) ?? invalid('A count is a number.')
}

/** Milliseconds since 1970. */
export function parseTime(text: string, nowMs: number): number {
  return parseSince(text, nowMs) ?? invalid('A time is 10m, 2h, 1d, or 2026-11-20T10:00:00Z.')
}

export function parseLevel(text: string): Severity {
  return parseSeverity(text) ?? invalid(`A severity is one of ${SEVERITIES.join(', ')}.`)
}

function invalid(message: string): never {
  throw new InvalidArgumentError(message)
}
