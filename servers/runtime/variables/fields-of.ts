// Arguments, cookies and headers by name, as nginx finds them for `$arg_NAME`, `$cookie_NAME`, `$http_NAME` and `$sent_http_NAME`.
import type { WireReply } from '../../transport/port.ts'

type Headers = WireReply['headers']

/** As it stands in the query: not decoded. The first of that name, without regard to case. */
export function argumentOf(args: string, name: string): string | undefined {
  const wanted = name.toLowerCase()
  let at = 0
  while (at < args.length) {
    const and = args.indexOf('&', at)
    const end = and === -1 ? args.length : and
    const value = at + name.length
    if (args[value] === '=' && value < end && args.slice(at, value).toLowerCase() === wanted) {
      return args.slice(value + 1, end)
    }
    at = end + 1
  }
  return undefined
}

/** The first of that name, without regard to case. */
export function cookieOf(headers: Headers, name: string): string | undefined {
  const wanted = name.toLowerCase()
  for (const [header, value] of headers) {
    if (header !== 'cookie') continue
    for (const cookie of value.split(';')) {
      const equals = cookie.indexOf('=')
      if (equals !== -1 && cookie.slice(0, equals).trim().toLowerCase() === wanted)
        return cookie.slice(equals + 1).trim()
    }
  }
  return undefined
}

/** Several of one name are one list; cookies have a separator of their own. */
export function requestHeader(headers: Headers, name: string): string | undefined {
  let found: string | undefined
  for (const [header, value] of headers) {
    if (header === name) found = found === undefined ? value : `${found}${name === 'cookie' ? '; ' : ', '}${value}`
  }
  return found
}

export function sentHeader({ headers, body }: WireReply, name: string): string | undefined {
  let found: string | undefined
  for (const [header, value] of headers) {
    if (header.toLowerCase() === name) found = found === undefined ? value : `${found}, ${value}`
  }
  // The engine writes it, by what there is to send.
  if (found === undefined && name === 'content-length') {
    if (typeof body === 'string') return String(Buffer.byteLength(body))
    if (body instanceof Uint8Array) return String(body.byteLength)
  }
  return found
}
