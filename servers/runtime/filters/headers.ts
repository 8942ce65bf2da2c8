// Headers of a reply, by name without regard to case: a script writes them as it likes.
import type { WireReply } from '../../transport/port.ts'

export type Headers = WireReply['headers']

/** The statuses whose replies get `expires` and `add_header` (ngx_http_headers_filter_module). */
const STATUSES = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308])

export function getsHeaders(status: number): boolean {
  return STATUSES.has(status)
}

/** The first of that lower-case name. */
export function headerOf(headers: Headers, name: string): string | undefined {
  for (const [key, value] of headers) if (isNamed(key, name)) return value
  return undefined
}

/** Without those of the lower-case names. */
export function without(headers: Headers, ...names: readonly string[]): Headers {
  return headers.filter(([key]) => !names.some((name) => isNamed(key, name)))
}

function isNamed(key: string, name: string): boolean {
  return key.length === name.length && key.toLowerCase() === name
}

/**
 * A text as the value of a header: UTF-8, each byte a character, as the wire has it. A line break that a variable has brought in (`$uri` is
 * decoded) would split the reply, so controls are escaped again.
 */
export function headerValue(text: string): string {
  if (!/[^\t\x20-\x7e]/.test(text)) return text
  return Buffer.from(text.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, encodeURIComponent), 'utf8').toString('latin1')
}
