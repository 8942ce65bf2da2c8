// Who asks, and what they may see. Every request but the page's own files passes here, by cookie (browsers) or by token (programs).
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LogVisibility } from '../../servers/contract/access.ts'
import type { Source } from '../query/wire.ts'
import type { Audit } from './audit.ts'
import { isSecure, readCookie, renderCookie } from './cookies.ts'
import type { People, Person } from './people.ts'
import { maySee } from './scope.ts'
import type { Sessions } from './sessions.ts'
import type { SlowDown } from './slow-down.ts'

export interface Visitor extends Person {
  /** Null: they came with a token, which ends when another is issued. */
  readonly cookie: string | null
  readonly expiresMs: number | null
  maySee(source: Source): boolean
}

export interface Refused {
  readonly status: 401 | 429
  readonly error: string
  readonly retryAfterMs?: number
}

export interface Gate {
  admit(request: IncomingMessage): Promise<Visitor | Refused>
  /** With a token or the secret of a link. Sets the cookie. */
  login(request: IncomingMessage, response: ServerResponse, secret: string): Promise<Visitor | Refused>
  /** The same login for longer, with the cookie that says so. */
  renew(request: IncomingMessage, response: ServerResponse, visitor: Visitor): Promise<Visitor>
  logout(request: IncomingMessage, response: ServerResponse, visitor: Visitor): Promise<void>
  /** Aborted when the visitor's login has ended, or the reply has. Null: they have too many of its kind open already. */
  hold(visitor: Visitor, response: ServerResponse, kind?: HeldKind): AbortSignal | null
  close(): void
}

export interface GateOptions {
  readonly people: People
  readonly sessions: Sessions
  readonly slowDown: SlowDown
  readonly visibility: LogVisibility
  readonly audit: Audit
  now(): number
}

/** `stream`: goes on for long, a tail, a search, an export. `page`: is whole, and in memory until it is sent. */
export type HeldKind = 'stream' | 'page'

/** Of one person at a time: some windows on some machines. */
export const HELD_PER_PERSON_MAX: Readonly<Record<HeldKind, number>> = { stream: 32, page: 16 }

/** Nobody tells when a login runs out. */
const LOOK_EVERY_MS = 5_000

const NOT_LOGGED_IN: Refused = { status: 401, error: 'Nobody is logged in' }
const WRONG: Refused = { status: 401, error: 'This token opens nothing: it is wrong, or another one was issued' }

export function createGate({ people, sessions, slowDown, visibility, audit, now }: GateOptions): Gate {
  const held = new Map<AbortController, { readonly one: Visitor; readonly kind: HeldKind }>()
  const visitor = (person: Person, cookie: string | null, expiresMs: number | null): Visitor => ({
    ...{ ...person, cookie, expiresMs },
    maySee: (source) => maySee(person.who, source, visibility),
  })
  const isIn = ({ epoch, who, cookie }: Visitor) =>
    people.byEpoch(epoch)?.who === who && (cookie === null || sessions.find(cookie) !== null)
  const look = () => {
    for (const [abort, { one }] of held) if (!isIn(one)) abort.abort(new Error('The login has ended'))
  }
  people.onChange(look)
  const timer = setInterval(look, LOOK_EVERY_MS)
  timer.unref()

  /** Wrong ones are counted and written down; too many of them, and not even the right one is looked at. */
  const tryIt = async (request: IncomingMessage, act: string, find: () => Promise<Person | null>) => {
    const from = addressOf(request)
    const retryAfterMs = slowDown.waitMs(from)
    if (retryAfterMs > 0) return { status: 429, error: 'Too many wrong tokens; wait a little', retryAfterMs } as const
    const found = await find()
    if (found !== null) return found
    slowDown.count(from)
    audit({ who: 'nobody', act, target: '', result: 'wrong token', from })
    return WRONG
  }
  return {
    async admit(request) {
      const [, bearer] = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
      if (bearer !== undefined) {
        const found = await tryIt(request, 'token', () => people.byToken(bearer))
        return 'status' in found ? found : visitor(found, null, null)
      }
      const cookie = readCookie(request)
      const session = cookie === null ? null : sessions.find(cookie)
      const person = session === null ? null : people.byEpoch(session.epoch)
      return person === null ? NOT_LOGGED_IN : visitor(person, cookie, session!.expiresMs)
    },
    async login(request, response, secret) {
      const found = await tryIt(request, 'login', async () => {
        const byToken = await people.byToken(secret)
        if (byToken !== null) return byToken
        const link = await people.byLink(secret)
        return link !== null && (await sessions.useLink(link.id, link.expiresMs)) ? link.person : null
      })
      if ('status' in found) return found
      const { cookie, expiresMs } = await sessions.open(found)
      setCookie(request, response, cookie, expiresMs - now())
      audit({ who: found.who, act: 'login', target: '', result: 'done', from: addressOf(request) })
      return visitor(found, cookie, expiresMs)
    },
    async renew(request, response, one) {
      const expiresMs = one.cookie === null ? null : await sessions.renew(one.cookie)
      if (one.cookie === null || expiresMs === null || expiresMs === one.expiresMs) return one
      setCookie(request, response, one.cookie, expiresMs - now())
      return { ...one, expiresMs }
    },
    async logout(request, response, one) {
      if (one.cookie !== null) await sessions.end(one.cookie)
      setCookie(request, response, '', 0)
      audit({ who: one.who, act: 'logout', target: '', result: 'done', from: addressOf(request) })
      look()
    },
    hold(one, response, kind = 'stream') {
      const own = [...held.values()].filter((each) => each.kind === kind && each.one.person === one.person)
      if (own.length >= HELD_PER_PERSON_MAX[kind]) return null
      const abort = new AbortController()
      held.set(abort, { one, kind })
      response.on('close', () => {
        held.delete(abort)
        abort.abort(new Error('The client has gone'))
      })
      // It may have ended since it was looked at.
      if (!isIn(one)) abort.abort(new Error('The login has ended'))
      if (response.closed) held.delete(abort)
      return abort.signal
    },
    close: () => clearInterval(timer),
  }
}

export function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? 'unknown'
}

function setCookie(request: IncomingMessage, response: ServerResponse, value: string, maxAgeMs: number): void {
  response.setHeader('set-cookie', renderCookie(request, value, { secure: isSecure(request), maxAgeMs }))
}
