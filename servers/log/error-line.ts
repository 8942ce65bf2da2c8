// A record as nginx writes it into its error log.
import type { RecordBody } from '../contract/record.ts'

/**
 * `2026/11/20 12:00:00 [error] 123#0: message, request: 8f3c, room: 5`, and the stack on lines of its own, indented, so that no text can
 * pass for a line of the log. The time is UTC, as in the records. Ends with a newline.
 */
export function renderErrorLine(body: Omit<RecordBody, 'seq'>): string {
  const time = `${body.time.slice(0, 10).replaceAll('-', '/')} ${body.time.slice(11, 19)}`
  const request = body.request === undefined ? '' : `, request: ${escapeControls(body.request)}`
  const fields = Object.entries(body.fields ?? {})
    .map(([name, value]) => `, ${escapeControls(name)}: ${escapeControls(renderValue(value))}`)
    .join('')
  const stack = body.stack === undefined ? '' : `\n    ${body.stack.split('\n').map(escapeControls).join('\n    ')}`
  return `${time} [${body.severity}] ${body.pid}#0: ${escapeControls(body.message)}${request}${fields}${stack}\n`
}

function renderValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
}

function escapeControls(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
