// A redirect that a client follows: `return 301 URL`, `rewrite … redirect`.
import type { WireReply } from '../../transport/port.ts'
import { type ServedRequest, shownServer } from '../served-request.ts'

/** `url` may be a path: `absolute_redirect` puts the host before it. What may not stand in a URL is escaped, so that no path splits a reply. */
export function redirectTo(request: ServedRequest, status: number, url: string): WireReply {
  const safe = escapeIn(url, /[^\x21-\x7e]+/g)
  const location = safe.startsWith('/') && request.plan.location.absoluteRedirect ? origin(request) + safe : safe
  return { status, headers: [['location', location]], body: undefined }
}

/** Percent-encodes what fits, as UTF-8. */
export function escapeIn(text: string, what: RegExp): string {
  // Half a character cannot be encoded: through a buffer it becomes a whole one.
  return text.replace(what, (found) => encodeURIComponent(Buffer.from(found).toString()))
}

/** nginx's: the host that was asked for, the port that was listened on. */
function origin({ head, server, port }: ServedRequest): string {
  const usual = port === 0 || port === (head.secure ? 443 : 80)
  return `${head.secure ? 'https' : 'http'}://${head.host || shownServer(server.conf)}${usual ? '' : `:${port}`}`
}
