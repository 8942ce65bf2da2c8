// Sessions and tickets: random secrets that Redis knows for a while. Both are kept under their hash, so that whoever reads
// Redis cannot log in with what stands there.
import { createHash, randomBytes } from 'node:crypto'
import type { Redis } from 'edgeyard'
import type { User } from './users.ts'

export const SESSION_SECONDS = 7 * 24 * 3600
/** A client asks for a ticket and connects with it at once. */
export const TICKET_SECONDS = 30

export async function openSession(redis: Redis, user: User): Promise<string> {
  return remember(redis, 'session', user, SESSION_SECONDS)
}

export async function userOfSession(redis: Redis, session: string): Promise<User | undefined> {
  return parseUser(await redis.call('GET', keyOf('session', session)))
}

export async function closeSession(redis: Redis, session: string): Promise<void> {
  await redis.call('DEL', keyOf('session', session))
}

export async function sellTicket(redis: Redis, user: User): Promise<string> {
  return remember(redis, 'ticket', user, TICKET_SECONDS)
}

/** GETDEL reads and deletes in one step: of two who come with the same ticket, one is too late. */
export async function redeemTicket(redis: Redis, ticket: string): Promise<User | undefined> {
  return parseUser(await redis.call('GETDEL', keyOf('ticket', ticket)))
}

async function remember(redis: Redis, kind: string, { id, name }: User, seconds: number): Promise<string> {
  const secret = randomBytes(32).toString('base64url')
  await redis.call('SET', keyOf(kind, secret), JSON.stringify({ id, name }), 'EX', seconds)
  return secret
}

function keyOf(kind: string, secret: string): string {
  return `${kind}:${createHash('sha256').update(secret).digest('base64url')}`
}

function parseUser(text: unknown): User | undefined {
  return typeof text === 'string' ? JSON.parse(text) : undefined
}
