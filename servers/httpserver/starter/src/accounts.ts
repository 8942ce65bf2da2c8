// What a client can do: register, log in, log out, get a ticket for the game, and (for a socketserver) redeem one.
import type { Context, EdgeRequest, Reply } from 'edgeyard'
import { countAttempt, forgetAttempts } from './attempts.ts'
import { bearerOf, parseCredentials, readObject } from './input.ts'
import { hashPassword, verifyPassword } from './passwords.ts'
import { json, Refusal } from './refusal.ts'
import {
  closeSession,
  openSession,
  redeemTicket,
  SESSION_SECONDS,
  sellTicket,
  TICKET_SECONDS,
  userOfSession,
} from './secrets.ts'
import { createTurns } from './turns.ts'
import { addUser, findUser } from './users.ts'

/** Two hashes at once leave half of Node's threads, and the time of one login to the last of those who wait is seconds. */
const hashing = createTurns({ runningMax: 2, waitingMax: 40, perOwnerMax: 10 })

type Handler = (req: EdgeRequest, ctx: Context<unknown>) => Promise<Reply>

/** POST /users {name, password} → 201 {user} */
export const register: Handler = async (req, ctx) => {
  const { name, password } = parseCredentials(await readObject(req))
  // Asked first because it is cheap; the insert below decides.
  if (await findUser(ctx.mysql, name)) throw nameTaken(name)
  const user = await addUser(ctx.mysql, { name, password: await inTurn(req.ip, () => hashPassword(password)) })
  if (!user) throw nameTaken(name)
  ctx.log.info('User registered', { user: user.id, name: user.name })
  return json(201, { user })
}

/** POST /login {name, password} → 200 {session, expiresIn, user} */
export const login: Handler = async (req, ctx) => {
  const { name, password } = parseCredentials(await readObject(req))
  const wait = await countAttempt(ctx.redis, req.ip, name)
  if (wait !== undefined) {
    throw new Refusal(429, 'too_many_attempts', `Too many attempts, try again in ${wait} s`, {
      'retry-after': `${wait}`,
    })
  }
  const found = await findUser(ctx.mysql, name)
  const good = await inTurn(req.ip, () => verifyPassword(password, found?.hash))
  // The same answer for both, as it takes the same time.
  if (!found || !good) throw new Refusal(401, 'wrong_login', 'No user of this name has this password')
  await forgetAttempts(ctx.redis, req.ip, name)
  return json(200, { session: await openSession(ctx.redis, found.user), expiresIn: SESSION_SECONDS, user: found.user })
}

/** POST /logout, with the session → 204 */
export const logout: Handler = async (req, ctx) => {
  await closeSession(ctx.redis, bearerOf(req))
  return { status: 204 }
}

/** POST /tickets, with the session → 201 {ticket, expiresIn} */
export const ticket: Handler = async (req, ctx) => {
  const user = await userOfSession(ctx.redis, bearerOf(req))
  if (!user) throw new Refusal(401, 'session_ended', 'This session has ended, log in again')
  return json(201, { ticket: await sellTicket(ctx.redis, user), expiresIn: TICKET_SECONDS })
}

/** POST /tickets/redeem {ticket} → 200 {user}, once */
export const redeem: Handler = async (req, ctx) => {
  const { ticket: secret } = await readObject(req)
  if (typeof secret !== 'string') throw new Refusal(400, 'bad_ticket', '"ticket" must be a string')
  const user = await redeemTicket(ctx.redis, secret)
  if (!user) throw new Refusal(401, 'ticket_invalid', 'This ticket was used or is too old')
  return json(200, { user })
}

function inTurn<T>(ip: string, job: () => Promise<T>): Promise<T> {
  const turn = hashing.take(ip, job)
  if (!turn) throw new Refusal(429, 'busy', 'Too many logins at once, try again', { 'retry-after': '2' })
  return turn
}

function nameTaken(name: string): Refusal {
  return new Refusal(409, 'name_taken', `The name "${name}" is taken`)
}
