// The replies that are ours and no script's: short text, never a stack.
import type { WireReply } from '../transport/port.ts'
import { statusLine } from '../transport/status-line.ts'

/** `error_page` puts its own in the place of one. */
export class Page implements WireReply {
  readonly status: number
  readonly headers: WireReply['headers']
  readonly body: string

  constructor(status: number, headers: WireReply['headers'], body: string) {
    this.status = status
    this.headers = headers
    this.body = body
  }
}

/** `id` is shown, so that whoever sees the page can name the record. */
export function page(status: number, id: string, headers: WireReply['headers'] = []): Page {
  const all = [['content-type', 'text/plain; charset=utf-8'], ...headers, ['x-request-id', id]] as const
  return new Page(status, all, `${statusLine(status)}\nrequest id: ${id}\n`)
}
