// Who may connect: whoever brings a ticket that httpserver sold, and guests where the conf says `set $guests on`.
import { randomBytes } from 'node:crypto'
import type { Context, EdgeRequest, Reply } from 'edgeyard'

/** What `set` in the conf gives this script. */
export type Env = Readonly<{ httpserver_url?: string; guests?: string }>

export interface User {
  id: string
  name: string
  guest: boolean
}

/** httpserver answers in milliseconds or not at all. */
const REDEEM_TIMEOUT_MS = 3000

const TICKET = /^[\w-]{16,128}$/

/** The user who connects, or the reply that refuses them: 401 for a bad or missing ticket, 503 when nobody can tell. */
export async function admit(req: EdgeRequest, ctx: Context<Env>): Promise<{ user: User } | { refusal: Reply }> {
  const ticket = req.query.get('ticket')
  if (ticket === null) {
    if (ctx.env.guests === 'on') return { user: newGuest() }
    return {
      refusal: refuse(401, 'ticket_required', 'Connect with ?ticket=…, which POST /tickets of httpserver gives'),
    }
  }
  if (!TICKET.test(ticket)) return { refusal: refuse(401, 'ticket_invalid', 'This is not a ticket') }
  return redeem(ticket, ctx)
}

/** A ticket works once: httpserver deletes it while it answers, so a second socket with the same one is refused. */
async function redeem(ticket: string, ctx: Context<Env>): Promise<{ user: User } | { refusal: Reply }> {
  try {
    const answer = await ctx.fetch(`${ctx.env.httpserver_url}/tickets/redeem`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ticket }),
      signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(REDEEM_TIMEOUT_MS)]),
    })
    if (answer.ok) {
      const { user } = (await answer.json()) as { user: { id: string; name: string } }
      return { user: { id: user.id, name: user.name, guest: false } }
    }
    await answer.body?.cancel()
    if (answer.status === 401) return { refusal: refuse(401, 'ticket_invalid', 'This ticket was used or is too old') }
    throw new Error(`httpserver answered with status ${answer.status}`)
  } catch (error) {
    // Not the client's fault, so not 401: they may try again with the same ticket if it was never redeemed.
    ctx.log.error('Cannot redeem a ticket', { httpserver: ctx.env.httpserver_url, reason: reasonOf(error) })
    return { refusal: refuse(503, 'httpserver_away', 'Tickets cannot be checked at the moment') }
  }
}

function newGuest(): User {
  const id = `guest-${randomBytes(6).toString('hex')}`
  return { id, name: id.slice(0, 10), guest: true }
}

/** fetch() says only "fetch failed"; what failed is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

function refuse(status: number, code: string, message: string): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: { code, message } }),
  }
}
