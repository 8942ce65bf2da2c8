// Logins by cookie. The cookie is a random number; what is kept of it is its hash, so that nobody who reads the file can use it.
import { createHash, randomBytes } from 'node:crypto'
import { createStateFile } from '../state/state-file.ts'
import type { Person } from './people.ts'

/** Whoever comes back within it need not log in again: it begins anew with every visit, RENEW_AFTER_MS apart. */
export const SESSION_VALID_MS = 14 * 24 * 60 * 60 * 1000
const RENEW_AFTER_MS = 24 * 60 * 60 * 1000

/** Of one person: browsers, and programs that forget to log out. The oldest goes. */
const SESSIONS_PER_PERSON_MAX = 50

const COOKIE_BYTES = 32

interface StoredSession {
  readonly epoch: string
  readonly expiresMs: number
}

export interface Sessions {
  /** A new one; `cookie` is what the browser has to bring. */
  open(person: Person): Promise<{ cookie: string; expiresMs: number }>
  /** The epoch it belongs to and when it ends; null for one that has ended or never was. */
  find(cookie: string): StoredSession | null
  /** Lets it last for the whole time again, when that is worth it; says when it ends now. */
  renew(cookie: string): Promise<number | null>
  end(cookie: string): Promise<void>
  /** True once for each link. */
  useLink(id: string, expiresMs: number): Promise<boolean>
}

/** `path`: where they survive a restart; null: nowhere. */
export async function createSessions(path: string | null, now: () => number): Promise<Sessions> {
  const sessions = new Map<string, StoredSession>()
  /** Links that were used, until they would have run out. */
  const links = new Map<string, number>()
  const file = createStateFile(path, () => ({
    sessions: [...sessions].map(([id, { epoch, expiresMs }]) => ({ id, epoch, expiresMs })),
    links: [...links].map(([id, expiresMs]) => ({ id, expiresMs })),
  }))
  const forgetOld = () => {
    for (const [id, { expiresMs }] of sessions) if (expiresMs <= now()) sessions.delete(id)
    for (const [id, expiresMs] of links) if (expiresMs <= now()) links.delete(id)
  }

  const before = await file.read()
  for (const { id, epoch, expiresMs } of listOf(before?.sessions)) {
    if (typeof id === 'string' && typeof epoch === 'string' && typeof expiresMs === 'number')
      sessions.set(id, { epoch, expiresMs })
  }
  for (const { id, expiresMs } of listOf(before?.links)) {
    if (typeof id === 'string' && typeof expiresMs === 'number') links.set(id, expiresMs)
  }

  return {
    async open({ epoch }) {
      forgetOld()
      const own = [...sessions].filter(([, session]) => session.epoch === epoch)
      for (const [id] of own.slice(0, Math.max(0, own.length + 1 - SESSIONS_PER_PERSON_MAX))) sessions.delete(id)
      const cookie = randomBytes(COOKIE_BYTES).toString('base64url')
      const expiresMs = now() + SESSION_VALID_MS
      sessions.set(hashCookie(cookie), { epoch, expiresMs })
      await file.write()
      return { cookie, expiresMs }
    },
    find(cookie) {
      const session = sessions.get(hashCookie(cookie))
      return session === undefined || session.expiresMs <= now() ? null : session
    },
    async renew(cookie) {
      const id = hashCookie(cookie)
      const session = sessions.get(id)
      if (session === undefined) return null
      if (session.expiresMs - now() > SESSION_VALID_MS - RENEW_AFTER_MS) return session.expiresMs
      const expiresMs = now() + SESSION_VALID_MS
      // Behind the others: the one that was used last is the last to go.
      sessions.delete(id)
      sessions.set(id, { ...session, expiresMs })
      await file.write()
      return expiresMs
    },
    async end(cookie) {
      if (sessions.delete(hashCookie(cookie))) await file.write()
    },
    async useLink(id, expiresMs) {
      forgetOld()
      if (expiresMs <= now() || links.has(id)) return false
      links.set(id, expiresMs)
      await file.write()
      return true
    },
  }
}

function hashCookie(cookie: string): string {
  return createHash('sha256').update(cookie).digest('hex')
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : []
}
