// RFC 6265: the cookies that a request brings, and the header that sets one.
import type { CookieOptions } from '../../contract/script.ts'

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Of an attribute: anything but control characters and what would begin the next one. */
const ATTRIBUTE = /^[\x20-\x3a\x3c-\x7e]*$/
const SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' } as const

/** The first of that name in a Cookie header; decoded, unless it was not encoded by us. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue
    const value = pair.slice(equals + 1).trim()
    return decoded(value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value)
  }
  return undefined
}

/** The value of a Set-Cookie header. Throws a TypeError that names the part which is wrong. */
export function renderCookie(name: string, value: string, options: CookieOptions = {}): string {
  const { maxAge, expires, domain, path = '/', secure = false, httpOnly = true, sameSite = 'lax' } = options
  if (typeof name !== 'string' || !TOKEN.test(name)) throw new TypeError(`A cookie cannot be named ${shown(name)}`)
  const parts = [`${name}=${encodeURIComponent(value)}`]
  if (maxAge !== undefined) {
    if (!Number.isSafeInteger(maxAge)) throw new TypeError(`A cookie's maxAge is whole seconds, not ${shown(maxAge)}`)
    parts.push(`Max-Age=${maxAge}`)
  }
  if (expires !== undefined) {
    if (Number.isNaN(expires.getTime())) throw new TypeError("A cookie's expires is an invalid date")
    parts.push(`Expires=${expires.toUTCString()}`)
  }
  if (domain !== undefined) parts.push(`Domain=${attribute('domain', domain)}`)
  parts.push(`Path=${attribute('path', path)}`)
  if (SAME_SITE[sameSite] === undefined) throw new TypeError(`A cookie's sameSite cannot be ${shown(sameSite)}`)
  if (sameSite === 'none' && !secure) throw new TypeError('A cookie with sameSite "none" must be secure')
  if (secure) parts.push('Secure')
  if (httpOnly) parts.push('HttpOnly')
  parts.push(`SameSite=${SAME_SITE[sameSite]}`)
  return parts.join('; ')
}

function attribute(name: string, value: string): string {
  if (typeof value === 'string' && ATTRIBUTE.test(value)) return value
  throw new TypeError(`A cookie's ${name} cannot be ${shown(value)}`)
}

function decoded(value: string): string {
  try {
    return value.includes('%') ? decodeURIComponent(value) : value
  } catch {
    return value
  }
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? String(value)
}
