// `return CODE [TEXT|URL];`: a reply without a script.
import type { Handler } from '../contract/conf/conf.ts'
import type { WireReply } from '../transport/port.ts'

const REDIRECTS = new Set([301, 302, 303, 307, 308])

export function returnReply({ status, text }: Extract<Handler, { kind: 'return' }>): WireReply {
  if (REDIRECTS.has(status)) return { status, headers: [['location', text]], body: undefined }
  const headers = text === '' ? [] : ([['content-type', 'text/plain; charset=utf-8']] as const)
  return { status, headers, body: text }
}
