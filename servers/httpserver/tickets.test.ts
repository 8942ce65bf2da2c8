// Sessions and tickets as their author would test them: on edgeyard/testing, with stores in memory.
import assert from 'node:assert/strict'
import { fakeMysql, fakeRedis, serveScript } from '../testing/script/testing.ts'
import type { Yard } from '../testing/script/types.ts'
import script from './starter/src/main.ts'
import { openSession } from './starter/src/secrets.ts'

describe('a ticket', () => {
  const redis = fakeRedis()
  const mysql = fakeMysql(() => [])
  let yard: Yard
  before(async () => {
    yard = await serveScript(script, { redis, mysql })
  })
  after(() => yard.stop())

  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    yard.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })

  it('is sold for a session, and works once', async () => {
    const session = await openSession(redis, { id: '7', name: 'Ada' })
    const sold = await post('/tickets', {}, { authorization: `Bearer ${session}` })
    assert.equal(sold.status, 201)
    const { ticket } = (await sold.json()) as { ticket: string }
    const redeemed = await post('/tickets/redeem', { ticket })
    assert.deepEqual(await redeemed.json(), { user: { id: '7', name: 'Ada' } })
    assert.equal((await post('/tickets/redeem', { ticket })).status, 401)
  })

  it('is refused to who has no session, and every other way of asking is named', async () => {
    assert.equal((await post('/tickets', {}, { authorization: `Bearer ${'x'.repeat(43)}` })).status, 401)
    const wrong = await yard.fetch('/tickets')
    assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'POST'])
    assert.equal((await yard.fetch('/')).headers.get('location'), '/play/')
  })

  it('needs the tables that the start hook makes, and a health that says so', async () => {
    assert.match(mysql.queries[0]!.sql, /CREATE TABLE IF NOT EXISTS users/)
    assert.deepEqual(await (await yard.fetch('/health')).json(), { ok: true, mysql: 'ok', redis: 'ok' })
  })
})
