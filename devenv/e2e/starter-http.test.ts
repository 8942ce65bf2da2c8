// The httpserver starter as its clients meet it: a real edge-server, Redis and MariaDB.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { type Accounts, startAccounts } from './starter-accounts.ts'

describe('the httpserver starter', () => {
  let folder: string
  let accounts: Accounts

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starter-'))
    accounts = await startAccounts(folder)
  })

  after(async () => {
    await accounts?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const post: Accounts['post'] = (...args) => accounts.post(...args)

  it('sends people to the page, which may run nothing but its own files', async () => {
    const base = accounts.url
    const root = await fetch(`${base}/`, { redirect: 'manual' })
    assert.deepEqual([root.status, root.headers.get('location')], [302, '/play/'])
    const page = await fetch(`${base}/play/`)
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
    assert.match(await page.text(), /Content-Security-Policy[^>]*script-src 'self'/)
    const script = await fetch(`${base}/play/play.js`)
    assert.match(script.headers.get('content-type') ?? '', /javascript/)
  })

  it('registers a user once, whatever the case of the name', async () => {
    const { user } = await accounts.makeUser('Ada')
    assert.equal(user.name, 'Ada')
    for (const name of ['Ada', 'ADA', 'ａｄａ']) {
      const again = await post('/users', { name, password: 'another one' })
      assert.deepEqual([again.status, again.body.error.code], [409, 'name_taken'], name)
    }
  })

  it('gives a name to one of two who ask for it at once', async () => {
    const both = await Promise.all(
      ['aaaaaaaa', 'bbbbbbbb'].map((password) => post('/users', { name: 'twin', password })),
    )
    assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409])
  })

  it('says the same of a wrong password and an unknown name', async () => {
    await accounts.makeUser('grace')
    const wrong = await post('/login', { name: 'grace', password: 'not her password' })
    const unknown = await post('/login', { name: 'nobody-here', password: 'not her password' })
    assert.equal(wrong.status, 401)
    assert.deepEqual(wrong.body, unknown.body)
  })

  it('stops a guesser after ten attempts, at this name only, and says how long', async () => {
    const { password } = await accounts.makeUser('target')
    // One after the other, as fast guessers are stopped by the turns before they are counted here.
    for (let attempt = 0; attempt < 10; attempt++) {
      assert.equal((await post('/login', { name: 'Target', password: `guess number ${attempt}` })).status, 401)
    }
    const stopped = await post('/login', { name: 'target', password })
    assert.deepEqual([stopped.status, stopped.body.error.code], [429, 'too_many_attempts'])
    assert.ok(Number(stopped.headers.get('retry-after')) > 0)
    await accounts.makeUser('not-the-target')
  })

  it('answers a flood of logins with 429, and everybody else in the meantime', async () => {
    const flood = Array.from({ length: 30 }, (_, n) => post('/login', { name: `flood-${n}`, password: 'password' }))
    assert.equal((await fetch(`${accounts.url}/health`)).status, 200)
    const codes = (await Promise.all(flood)).map(({ body }) => body.error.code)
    assert.deepEqual([...new Set(codes)].sort(), ['busy', 'wrong_login'])
  })

  it('sells tickets to sessions, each of which is redeemed once', async () => {
    const { user, bearer } = await accounts.makeUser('ticket-holder')
    const sold = await post('/tickets', undefined, bearer)
    assert.equal(sold.status, 201)
    const { ticket } = sold.body
    const redeemed = await Promise.all([1, 2, 3].map(() => post('/tickets/redeem', { ticket })))
    assert.deepEqual(redeemed.map(({ status }) => status).sort(), [200, 401, 401])
    assert.deepEqual(redeemed.find(({ status }) => status === 200)?.body, { user })
  })

  it('forgets a session that logs out', async () => {
    const { bearer } = await accounts.makeUser('leaver')
    assert.equal((await post('/logout', undefined, bearer)).status, 204)
    const refused = await post('/tickets', undefined, bearer)
    assert.deepEqual([refused.status, refused.body.error.code], [401, 'session_ended'])
  })

  it('keeps no secret as it is: neither passwords nor sessions nor tickets', async () => {
    const { session, bearer } = await accounts.makeUser('secretive')
    const { ticket } = (await post('/tickets', undefined, bearer)).body
    const client = new Redis(accounts.redis)
    const keys = await client.keys('*')
    client.disconnect()
    assert.ok(keys.some((key) => key.startsWith('session:')) && keys.some((key) => key.startsWith('ticket:')))
    assert.ok(!keys.some((key) => key.includes(session) || key.includes(ticket)))
  })

  const refusals: [string, () => ReturnType<typeof post>, number, string][] = [
    ['a form', () => post('/login', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }), 415, 'not_json'],
    ['half of a body', () => post('/login', '{"name":', {}), 400, 'bad_json'],
    ['a body that is too large', () => post('/login', { name: 'a'.repeat(5000) }), 413, 'too_large'],
    ['a password that is too short', () => post('/users', { name: 'shorty', password: 'short' }), 400, 'bad_password'],
    ['a name with markup', () => post('/users', { name: '<b>', password: 'long enough' }), 400, 'bad_name'],
    ['a ticket without a session', () => post('/tickets'), 401, 'login_required'],
    ['an invented ticket', () => post('/tickets/redeem', { ticket: 'x'.repeat(43) }), 401, 'ticket_invalid'],
    ['a path that is not there', () => post('/nowhere'), 404, 'not_found'],
    ['a method that is not there', () => post('/health'), 405, 'wrong_method'],
  ]
  for (const [what, ask, status, code] of refusals) {
    it(`refuses ${what} with ${status} ${code}`, async () => {
      const { status: got, body } = await ask()
      assert.deepEqual([got, body.error.code, typeof body.error.message], [status, code, 'string'])
    })
  }
})
