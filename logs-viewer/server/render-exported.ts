// A record as a line of an export.
import type { ExportFormat, ShownRecord } from '../query/wire.ts'

const COLUMNS = [
  ...['received', 'time', 'developer', 'server', 'severity', 'message', 'stack', 'request', 'release', 'pid', 'seq'],
  ...['fields', 'id'],
] as const

/** All but tab and newline, and what turns text around. */
const CONTROL = /[^\P{Cc}\t\n]|\p{Cf}/gu

/** What stands above the first record. */
export const EXPORT_HEADS: Readonly<Record<ExportFormat, string>> = {
  ndjson: '',
  csv: `${COLUMNS.join(',')}\r\n`,
  text: '',
}

export function renderExported(record: ShownRecord, format: ExportFormat): string {
  if (format === 'ndjson') return `${JSON.stringify(record)}\n`
  if (format === 'csv') return `${COLUMNS.map((column) => renderCell(cellOf(record, column))).join(',')}\r\n`
  const { received, developer, server, severity, message, fields, stack } = record
  const told = fields === undefined ? '' : ` ${JSON.stringify(fields)}`
  const text = `${message}${told}${stack === undefined ? '' : `\n${stack}`}`
  return `${received} ${developer} ${server} ${severity.padEnd(6)} ${plain(text)}\n`
}

/** Nothing in it passes for a record, or does something to the terminal that shows it. */
function plain(text: string): string {
  return text
    .replace(CONTROL, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
    .replaceAll('\n', '\n    ')
}

function cellOf(record: ShownRecord, column: string): string {
  const value = (record as unknown as Record<string, unknown>)[column]
  if (value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** RFC 4180; what a spreadsheet would take for a formula is made a text. */
function renderCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
