// Users, logins and tickets for the game client. The page that plays the game is in public/play, served by the conf.
import type { Context, EdgeRequest, HttpScript, Reply } from 'edgeyard'
import { login, logout, redeem, register, ticket } from './accounts.ts'
import { health } from './health.ts'
import { Refusal, refusalReply } from './refusal.ts'
import { SCHEMA } from './users.ts'

type Handler = (req: EdgeRequest, ctx: Context) => Reply | Promise<Reply>

const ROUTES = new Map<string, Handler>([
  ['GET /', (_req, ctx) => ctx.redirect('/play/')],
  ['GET /health', (_req, ctx) => health(ctx)],
  ['POST /users', register],
  ['POST /login', login],
  ['POST /logout', logout],
  ['POST /tickets', ticket],
  ['POST /tickets/redeem', redeem],
])

export default {
  async start(worker) {
    for (const statement of SCHEMA) await worker.ctx.mysql.query(statement)
  },

  async fetch(req, ctx) {
    try {
      return await route(req)(req, ctx)
    } catch (error) {
      if (error instanceof Refusal) return refusalReply(error)
      throw error
    }
  },

  /** What a refusal does not explain is logged by now. A store that is away is worth another try, the rest is our fault. */
  error(error) {
    const away = 'code' in error && (error.code === 'STORE_UNAVAILABLE' || error.code === 'STORE_BUSY')
    return refusalReply(
      away
        ? new Refusal(503, 'store_away', 'A database does not answer, try again', { 'retry-after': '5' })
        : new Refusal(500, 'failed', 'Something went wrong here, and it was logged'),
    )
  },
} satisfies HttpScript

function route({ method, path }: EdgeRequest): Handler {
  // HEAD is GET without the body, which the server leaves out.
  const handler = ROUTES.get(`${method === 'HEAD' ? 'GET' : method} ${path}`)
  if (handler) return handler
  const allow = ['GET', 'POST'].filter((other) => ROUTES.has(`${other} ${path}`)).join(', ')
  if (allow === '') throw new Refusal(404, 'not_found', 'There is nothing here')
  throw new Refusal(405, 'wrong_method', `Use ${allow}`, { allow })
}
