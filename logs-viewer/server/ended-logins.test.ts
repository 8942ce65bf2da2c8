// Nobody sees another developer's records by a login that is none, or none any more.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { RecordsReply } from '../query/wire.ts'
import { ask, listen, logIn, open } from './ask.fixture.ts'

import { SECRET, useSecretRecords } from './secret-records.fixture.ts'

describe("another developer's records", function () {
  this.timeout(60_000)
  const yard = useSecretRecords({ triesMin: 20 })
  const { send, frame, judge, attempt } = yard

  describe('are not opened by a login that is none:', () => {
    it('one that was never given out, in every place', async () => {
      const cookie = (value: string) => ({ cookie: `edgeyard-${yard.port}=${value}` })
      const { token, epoch } = yard.logins.of('dev2')
      const headers = [
        ...[
          cookie(''),
          cookie('x'.repeat(43)),
          cookie(token!),
          cookie(epoch),
          { cookie: yard.dev1.cookie.slice(0, -1) },
        ],
        { cookie: `${yard.dev1.cookie.slice(0, -3)}abc` },
        { cookie: `${yard.dev1.cookie}; ${yard.dev1.cookie.replace(/.$/, '_')}` },
        { cookie: yard.dev1.cookie.replace(/^[^=]*/, 'edgeyard-1') },
        ...[`Bearer ${token}`, `Bearer ey_${token!.slice(0, 43)}`, 'Bearer', 'Basic ZGV2Mjp4', 'Bearer null'].map(
          (authorization) => ({ authorization }),
        ),
      ]
      for (const one of headers) {
        const answer = await attempt('/api/records', { headers: one as Record<string, string> })
        assert.ok([401, 429].includes(answer.status), `${JSON.stringify(one)}: ${answer.status}`)
      }
    })
    it('a token in the address', async () => {
      const token = yard.logins.issue('dev2')
      for (const name of ['token', 'access_token', 'authorization']) {
        assert.equal((await attempt(`/api/records?${name}=${token}`)).status, 401)
      }
    })
    it('a link that was used, has run out, or is of an older token', async () => {
      const once = yard.logins.link('dev2')
      await logIn(yard.port, once)
      const late = yard.logins.link('dev2', '2026-01-01T00:00:00.000Z')
      const old = yard.logins.link('dev2')
      yard.logins.issue('dev2')
      for (const token of [once, late, old]) {
        const answer = await attempt('/api/login', { body: { token } })
        assert.ok([401, 429].includes(answer.status))
      }
    })
    it('another site that has a browser ask', async () => {
      for (const [name, value] of [
        ['origin', 'http://elsewhere.example'],
        ['sec-fetch-site', 'cross-site'],
      ] as const) {
        const body = { state: 'muted' }
        const answer = await attempt(`/api/errors/${yard.fingerprint}`, {
          headers: { ...yard.operator, [name]: value },
          body,
        })
        assert.equal(answer.status, 403)
      }
      const headers = { ...yard.operator, 'content-type': 'text/plain' }
      const answer = await attempt(`/api/errors/${yard.fingerprint}`, {
        method: 'POST',
        headers,
        body: '{"state":"muted"}',
      })
      assert.equal(answer.status, 403)
    })
  })

  describe('are not sent any more after a login has ended:', () => {
    it('by a tail, when another token is issued', async () => {
      const headers = await logIn(yard.port, yard.logins.issue('dev2'))
      const tail = listen(await open(yard.port, '/api/tail', { headers }))
      await tail.until(/retry/)
      yard.logins.issue('dev2')
      await tail.ended
      await send('dev2', frame('socketserver', SECRET))
      judge(tail.text())
      assert.equal((await attempt('/api/records', { headers })).status, 401)
    })
    it('by a tail, when the developer is gone', async () => {
      const authorization = `Bearer ${yard.logins.issue('dev3')}`
      const tail = listen(await open(yard.port, '/api/tail', { headers: { authorization } }))
      await tail.until(/retry/)
      yard.logins.revoke('dev3')
      await tail.ended
      judge(tail.text())
      assert.equal((await attempt('/api/records', { headers: { authorization } })).status, 401)
    })
    it('by a tail, when somebody logs out', async () => {
      const headers = await logIn(yard.port, yard.logins.issue('dev2'))
      const tail = listen(await open(yard.port, '/api/tail', { headers }))
      await tail.until(/retry/)
      const out = await ask(yard.port, '/api/logout', { method: 'POST', headers })
      assert.match(out.headers['set-cookie']![0]!, /=; Path=\/; Max-Age=0; HttpOnly; SameSite=Strict$/)
      await tail.ended
      judge(tail.text())
      for (const path of ['/api/records', '/api/export', '/api/tail'])
        assert.equal((await attempt(path, { headers })).status, 401)
    })
    it('by an export that is under way', async () => {
      const folder = join(yard.rsyslogd.root, 'dtserver/dev4/logs')
      mkdirSync(folder, { recursive: true })
      const line = JSON.stringify({ received: '2026-11-20T00:00:00.000Z', severity: 'info', message: 'x'.repeat(4000) })
      appendFileSync(join(folder, '2026-11-20.jsonl'), `${line}\n`.repeat(8_000))
      const headers = await logIn(yard.port, yard.logins.issue('dev4'))
      // A folder that is new is found at the next look for some.
      const found = async () =>
        (await ask(yard.port, '/api/records?developer=dev4', { headers })).json<RecordsReply>().records
      while ((await found()).length === 0);
      const response = await open(yard.port, '/api/export?developer=dev4', { headers })
      await once(response, 'readable')
      yard.logins.revoke('dev4')
      while ((await ask(yard.port, '/api/session', { headers })).status !== 401);
      let bytes = 0
      await assert.rejects(async () => {
        for await (const piece of response) bytes += piece.length
      }, /aborted/)
      assert.ok(bytes < 8_000 * line.length, `${bytes} bytes`)
      judge('')
    })
    it('and another name does not bring what was there under it', async () => {
      const headers = await logIn(yard.port, yard.logins.issue('dev5'))
      yard.logins.rename('dev5', 'dev6')
      const session = async () => (await ask(yard.port, '/api/session', { headers })).json<{ who?: string }>().who
      while ((await session()) !== 'dev6') await attempt('/api/records', { headers })
      assert.equal((await attempt('/api/records?developer=dev5', { headers })).status, 200)
    })
  })
})
