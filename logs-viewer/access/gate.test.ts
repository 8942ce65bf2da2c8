// Logins at a real viewer: what a browser is given, and what is written down of it.
import assert from 'node:assert/strict'
import { ask, logIn } from '../server/ask.fixture.ts'
import { createViewer, type Viewer } from '../server/create-viewer.ts'
import { createYardFixture, type YardFixture } from '../store/yard.fixture.ts'
import { createLogins, type Logins } from './logins.fixture.ts'

describe('a login', () => {
  let yard: YardFixture
  let logins: Logins
  let viewer: Viewer
  let printed: string[]
  const start = () =>
    createViewer({ root: yard.root, host: '127.0.0.1', port: 0, print: (line) => void printed.push(line) })
  beforeEach(async () => {
    printed = []
    yard = createYardFixture()
    logins = createLogins(yard.root)
    viewer = await start()
  })
  afterEach(async () => {
    await viewer.close()
    yard.remove()
  })
  const who = async (headers: Record<string, string>) =>
    (await ask(viewer.port, '/api/session', { headers })).json<{ who?: string }>().who

  it('gives a cookie that no script and no other site can use, and that ends', async () => {
    const token = logins.issue('dev1')
    const { status, headers, body } = await ask(viewer.port, '/api/login', { body: { token: ` ${token}\n` } })
    assert.equal(status, 200)
    const name = `edgeyard-${viewer.port}`
    assert.match(
      headers['set-cookie']![0]!,
      new RegExp(`^${name}=[\\w-]{43}; Path=/; Max-Age=1209[56]\\d\\d; HttpOnly; SameSite=Strict$`),
    )
    assert.equal(headers['cache-control'], 'no-store')
    assert.ok(!body.includes(token))
    assert.equal(JSON.parse(body).who, 'dev1')
  })

  it('is for programs without a cookie, with the token in each request', async () => {
    const authorization = `Bearer ${logins.issue('operator')}`
    const answer = await ask(viewer.port, '/api/session', { headers: { authorization } })
    assert.equal(answer.json<{ who: string }>().who, 'operator')
    assert.equal(answer.headers['set-cookie'], undefined)
  })

  it('stays when the viewer is started again, and through another name', async () => {
    const headers = await logIn(viewer.port, logins.issue('dev1'))
    const { port } = viewer
    await viewer.close()
    logins.rename('dev1', 'ana')
    viewer = await createViewer({ root: yard.root, host: '127.0.0.1', port })
    assert.equal(await who(headers), 'ana')
  })

  it('counts from the moment its token is issued, and not after the next one is', async () => {
    for (let i = 0; i < 3; i++) {
      const headers = await logIn(viewer.port, logins.issue('dev1'))
      assert.equal(await who(headers), 'dev1')
      logins.issue('dev1')
      while ((await who(headers)) !== undefined);
    }
  })

  it('by a link is one that works once', async () => {
    logins.issue('dev1')
    const secret = logins.link('dev1')
    assert.equal(await who(await logIn(viewer.port, secret)), 'dev1')
    assert.equal((await ask(viewer.port, '/api/login', { body: { token: secret } })).status, 401)
    const authorization = `Bearer ${logins.link('dev1')}`
    assert.equal((await ask(viewer.port, '/api/session', { headers: { authorization } })).status, 401)
  })

  it('is written down, and so is what was refused, without the token', async () => {
    const token = logins.issue('dev1')
    const headers = await logIn(viewer.port, token)
    const wrong = `ey_${'x'.repeat(43)}`
    await ask(viewer.port, '/api/login', { body: { token: wrong } })
    await ask(viewer.port, '/api/export?q=a%0Ab&format=csv', { headers })
    await ask(viewer.port, '/api/logout', { method: 'POST', headers })
    assert.deepEqual(
      printed.map((line) => line.split('\t')[0]),
      [
        'logs-viewer: [notice] dev1: login',
        'logs-viewer: [warn] nobody: login: wrong token',
        'logs-viewer: [notice] dev1: export csv q=a%0Ab',
        'logs-viewer: [notice] dev1: logout',
      ],
    )
    assert.deepEqual(JSON.parse(printed[1]!.split('\t')[1]!), {
      ...{ audit: true, who: 'nobody', key: null, act: 'login', target: '', result: 'wrong token', from: '127.0.0.1' },
    })
    for (const secret of [token, wrong]) assert.ok(!printed.join().includes(secret))
  })

  it('is slow to guess: after some wrong ones not even the right one is looked at for a while', async () => {
    const token = logins.issue('dev1')
    const statuses: number[] = []
    for (let i = 0; i < 12; i++) {
      const answer = await ask(viewer.port, '/api/login', { body: { token: `wrong ${i}` } })
      statuses.push(answer.status)
    }
    assert.deepEqual(statuses.slice(0, 10), Array(10).fill(401))
    assert.ok(statuses.includes(429))
    const right = await ask(viewer.port, '/api/login', { body: { token } })
    assert.equal(right.status, 429)
    assert.match(right.headers['retry-after']!, /^[1-5]$/)
    // Browsers that are in stay in.
    assert.equal((await ask(viewer.port, '/api/session')).status, 401)
  })

  for (const [name, headers, body] of [
    ['another site', { origin: 'https://elsewhere.example' }, '{}'],
    ['a site on another port', { origin: 'http://127.0.0.1:1' }, '{}'],
    ['what a browser calls another site', { 'sec-fetch-site': 'same-site' }, '{}'],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'token=x'],
  ] as const) {
    it(`is not taken from ${name}`, async () => {
      const answer = await ask(viewer.port, '/api/login', { body, headers })
      assert.equal(answer.status, 403)
    })
  }

  it('is taken from a page behind somebody who speaks TLS for us', async () => {
    const headers = { origin: 'https://yard.example', host: '127.0.0.1' }
    assert.equal((await ask(viewer.port, '/api/login', { body: { token: 'x' }, headers })).status, 403)
    const same = { origin: `https://127.0.0.1:${viewer.port}` }
    assert.equal((await ask(viewer.port, '/api/login', { body: { token: 'x' }, headers: same })).status, 401)
  })
})
