// The replies that are ours and no script's: short text, never a stack.
import type { WireReply } from '../transport/port.ts'

const REASONS = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  426: 'Upgrade Required',
  500: 'Internal Server Error',
} as const

export type PageStatus = keyof typeof REASONS

/** `id` is shown, so that whoever sees the page can name the record. */
export function page(status: PageStatus, id: string, headers: WireReply['headers'] = []): WireReply {
  return {
    status,
    headers: [['content-type', 'text/plain; charset=utf-8'], ...headers, ['x-request-id', id]],
    body: `${status} ${REASONS[status]}\nrequest id: ${id}\n`,
  }
}
