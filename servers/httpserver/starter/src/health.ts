// Is everything there that this server needs? One word for each part, and never the reason: this page is public.
import type { Context, Reply } from 'edgeyard'
import { json } from './refusal.ts'

/** A store that is slower than this is as good as away. */
const DEADLINE_MS = 2000

export async function health(ctx: Context<unknown>): Promise<Reply> {
  const [mysql, redis] = await Promise.all([
    works('mysql', ctx, () => ctx.mysql.query('SELECT 1')),
    works('redis', ctx, () => ctx.redis.call('PING')),
  ])
  const ok = mysql && redis
  return json(ok ? 200 : 503, { ok, mysql: word(mysql), redis: word(redis) })
}

async function works(part: string, ctx: Context<unknown>, ask: () => Promise<unknown>): Promise<boolean> {
  const late = new Promise((_, reject) => {
    AbortSignal.timeout(DEADLINE_MS).onabort = () => reject(new Error(`no answer in ${DEADLINE_MS} ms`))
  })
  try {
    await Promise.race([ask(), late])
    return true
  } catch (error) {
    ctx.log.warn('Unhealthy', { part, reason: error instanceof Error ? error.message : String(error) })
    return false
  }
}

function word(works: boolean): string {
  return works ? 'ok' : 'unavailable'
}
