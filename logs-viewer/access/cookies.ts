// The one cookie of the log page. Browsers tell cookies apart by host and not by port, so its name says the port: two yards on one
// machine do not log each other out.
import type { IncomingMessage } from 'node:http'

const VALUE = /^[A-Za-z0-9_-]{43}$/

export interface CookieOptions {
  /** The connection is TLS. */
  readonly secure: boolean
  /** 0 takes it away. */
  readonly maxAgeMs: number
}

/** What the browser has brought; null: nothing that could be ours. */
export function readCookie(request: IncomingMessage): string | null {
  const name = nameFor(request)
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  const values = pairs.flatMap((pair) => (pair.startsWith(`${name}=`) ? pair.slice(name.length + 1) : []))
  // Two of one name: somebody else has set one of them.
  return values.length === 1 && VALUE.test(values[0]!) ? values[0]! : null
}

export function renderCookie(request: IncomingMessage, value: string, { secure, maxAgeMs }: CookieOptions): string {
  const parts = [`${nameFor(request)}=${value}`, 'Path=/', `Max-Age=${Math.floor(maxAgeMs / 1000)}`]
  return [...parts, 'HttpOnly', 'SameSite=Strict', ...(secure ? ['Secure'] : [])].join('; ')
}

export function isSecure({ socket }: IncomingMessage): boolean {
  return 'encrypted' in socket && socket.encrypted === true
}

/** With TLS a name that browsers take from this very host only, and only over TLS. */
function nameFor(request: IncomingMessage): string {
  return `${isSecure(request) ? '__Host-' : ''}edgeyard-${request.socket.localPort}`
}
