// Whether a request that changes something comes from our own page, or from a program. Another site's page cannot send JSON here
// without asking first, and browsers say where a request comes from.
import type { IncomingMessage } from 'node:http'

/** Undefined when it may change something; otherwise why not. */
export function whyNotOurs({ headers }: IncomingMessage): string | undefined {
  const { origin, 'sec-fetch-site': site, 'content-type': type } = headers
  const isOurs = site === undefined ? origin === undefined || hostOf(origin) === headers.host : site === 'same-origin'
  if (!isOurs) return 'This request comes from another site'
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (hasBody && !/^application\/json\s*(;|$)/i.test(type ?? '')) return 'The content-type must be application/json'
  return undefined
}

/** The name of the host alone: in front of us may be somebody who speaks TLS. */
function hostOf(origin: string): string | undefined {
  return /^https?:\/\/(.+)$/.exec(origin)?.[1]
}
