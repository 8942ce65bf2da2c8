// Nobody sees another developer's records: a table of tries at a real viewer, whose records came through a real rsyslogd.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { appendFileSync, mkdirSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { createRun } from '../../servers/contract/run.ts'
import { createFramer } from '../../servers/contract/syslog.ts'
import { createRsyslogd, type Rsyslogd, until } from '../../servers/log/rsyslogd.fixture.ts'
import { createLogins, type Logins } from '../access/logins.fixture.ts'
import type { HealthReply, RecordsReply, ShownRecord } from '../query/wire.ts'
import { type Answer, ask, type Given, listen, logIn, open } from './ask.fixture.ts'
import { createViewer, type Viewer } from './create-viewer.ts'

/** In every record that dev1 must not see, and in nothing else. */
const SECRET = 'nobody-elses-business'

describe("another developer's records", function () {
  this.timeout(60_000)
  let rsyslogd: Rsyslogd
  let logins: Logins
  let viewer: Viewer
  /** Headers of those who have logged in. */
  let dev1: { cookie: string }
  let operator: { cookie: string }
  /** Of records of dev2, of another one of dev1's, and of the yard's own. */
  let ids: { dev2: string; dev1: string; audit: string }
  let fingerprint: string
  let seen = 0
  let tries = 0

  const send = async (developer: string, ...frames: (string | Buffer)[]) => {
    const socket = net.connect(rsyslogd.socket(developer))
    socket.end(Buffer.concat(frames.map((frame) => Buffer.from(frame))))
    await once(socket.resume(), 'close')
  }
  const framers = new Map<string, ReturnType<typeof createFramer>>()
  /** The next record of a server. Each developer's are counted together: nobody looks for gaps here. */
  const frame = (server: string, message: string, more: object = {}) => {
    const framer = framers.get(server) ?? createFramer(server, createRun(Date.now(), Math.random))
    framers.set(server, framer)
    return framer.frame({ time: new Date().toISOString(), severity: 'error', message, pid: 1, ...more })
  }
  const idOf = async (query: string): Promise<string> => {
    const { records } = (await ask(viewer.port, `/api/records?${query}`, { headers: operator })).json<RecordsReply>()
    return records[0]!.id
  }

  before(async () => {
    rsyslogd = createRsyslogd(['master', 'dev1', 'dev2'])
    await rsyslogd.start()
    logins = createLogins(rsyslogd.root)
    const tokens = { dev1: logins.issue('dev1'), dev2: logins.issue('dev2'), operator: logins.issue('operator') }
    await send('dev1', frame('socketserver', 'mine'), frame('redis', 'mine, too'))
    await send('dev2', frame('socketserver', SECRET, { stack: `Error: ${SECRET}`, fields: { own: SECRET } }))
    await send('dev2', frame('dtserver', SECRET, { request: SECRET }), frame('redis', SECRET))
    await send('master', frame('edgeyard', SECRET, { fields: { audit: true } }), frame('redis', SECRET))
    await send('master', frame('httpserver', 'shared'), frame('mysql', 'shared'))
    await until(() => rsyslogd.records('mysql', 'master').length > 0, 'the last record')
    await until(() => rsyslogd.records('redis', 'dev2').length > 0, 'the records of dev2')
    const stats = join(rsyslogd.root, 'edgeyard/master/stats/collector.jsonl')
    viewer = await createViewer({ root: rsyslogd.root, host: '127.0.0.1', port: 0, stats })
    dev1 = await logIn(viewer.port, tokens.dev1)
    operator = await logIn(viewer.port, tokens.operator)
    ids = {
      dev1: await idOf('developer=dev1&server=socketserver'),
      dev2: await idOf('developer=dev2&server=socketserver'),
      audit: await idOf('developer=master&server=edgeyard'),
    }
    const errors = await ask(viewer.port, '/api/errors?developer=dev2', { headers: operator })
    fingerprint = errors.json<{ groups: { fingerprint: string }[] }>().groups[0]!.fingerprint
  })
  after(async () => {
    await viewer?.close()
    await rsyslogd?.remove()
    assert.ok(tries >= 60, `${tries} tries`)
    assert.equal(seen, 0)
  })

  /** Counts what has got through. */
  const judge = (text: string) => {
    tries++
    if (text.includes(SECRET)) seen++
    assert.ok(!text.includes(SECRET), text.slice(0, 500))
  }
  const attempt = async (path: string, given: Given = {}): Promise<Answer> => {
    const answer = await ask(viewer.port, path, given)
    judge(answer.body + JSON.stringify(answer.headers))
    return answer
  }

  it('are there: who may see them does', async () => {
    const { body } = await ask(viewer.port, '/api/records', { headers: operator })
    assert.equal(body.split(`"message":"${SECRET}"`).length - 1, 5)
  })

  describe('are not seen without a login:', () => {
    const paths = [
      ...['/api/session', '/api/records', '/api/search', '/api/tail', '/api/histogram', '/api/errors', '/api/searches'],
      ...['/api/export', '/api/export?format=csv', '/api/health', '/docs/', '/docs/search.json', '/api/context?id=ID'],
      '/api/openapi.json',
    ]
    for (const path of paths) {
      it(path, async () => assert.equal((await attempt(path.replace('ID', encodeURIComponent(ids.dev2)))).status, 401))
    }
    it('/health, which tells nothing', async () => assert.equal((await attempt('/health')).body, '{"status":"ok"}'))
  })

  describe('are not found by a question that names them:', () => {
    const queries = [
      ...['developer=dev2', 'developer=dev1,dev2', 'developer=dev2,master', 'developer=dev2&developer=dev1'],
      ...['developer=dev1&developer=dev2', 'developer=', 'developer=dev2%2C', 'server=dtserver', 'server=edgeyard'],
      ...['server=redis&developer=master', 'developer=master&server=edgeyard,httpserver', `q=${SECRET}`],
      ...[`q=%2F${SECRET}%2F`, 'q=developer:dev2', 'q=-mine', 'q=audit:true', 'severity=error', 'limit=1000', ''],
      ...['scope=all', 'who=operator', 'visibility=all', 'sources=dev2'],
    ]
    for (const query of queries) {
      it(query || 'everything', async () => {
        const { status } = await attempt(`/api/records?${query}`, { headers: dev1 })
        assert.ok(status === 200 || status === 400, `${status}`)
      })
    }
    for (const path of ['search', 'histogram', 'errors', 'export', 'export?format=csv', 'export?format=text']) {
      it(`${path}, of dev2 and of all`, async () => {
        const mark = path.includes('?') ? '&' : '?'
        for (const query of ['developer=dev2', 'developer=dev1,dev2', `q=${SECRET}`, '']) {
          const { body } = await attempt(`/api/${path}${mark}${query}`, { headers: dev1 })
          assert.ok(!body.includes('dev2'), body)
        }
      })
    }
    it('health, whose counts are of what one sees', async () => {
      const of = async (headers: { cookie: string }) =>
        (await attempt('/api/health', { headers })).json<{
          store: { records: number }
          collector?: object
          disk?: object
        }>()
      const [own, all] = [await of(dev1), await of(operator)]
      assert.ok(own.store.records < all.store.records)
      assert.deepEqual([own.collector, own.disk], [undefined, undefined])
    })
  })

  describe('are not reached by their ids:', () => {
    const places: readonly (readonly [path: string, headers?: Record<string, string>])[] = [
      ['/api/context?id=DEV2'],
      ['/api/context?id=AUDIT'],
      ['/api/context?id=dev1/socketserver/../../socketserver/dev2/logs/x:0'],
      ['/api/context?id=dev1/..%2Fdev2/2026-11-20:0'],
      ['/api/context?id=dev2/socketserver/2026-11-20:0'],
      ['/api/context?id=DEV2%00'],
      ['/api/records?before=DEV2'],
      ['/api/records?after=DEV2'],
      ['/api/records?before=AUDIT'],
      ['/api/records?after=AUDIT&developer=master'],
      ['/api/search?before=DEV2'],
      ['/api/tail?after=DEV2'],
      ['/api/tail', { 'last-event-id': 'DEV2' }],
      ['/api/tail', { 'last-event-id': 'AUDIT' }],
    ]
    for (const [path, headers = {}] of places) {
      it(`${path} ${JSON.stringify(headers)}`, async () => {
        const fill = (text: string, encode = (value: string) => value) =>
          text.replace('DEV2', encode(ids.dev2)).replace('AUDIT', encode(ids.audit))
        const last = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]))
        const answer = await attempt(fill(path, encodeURIComponent), { headers: { ...dev1, ...last } })
        assert.equal(answer.status, 400)
        assert.match(answer.body, /is no record's id/)
      })
    }
    it('and nobody learns whether one is there', async () => {
      const none = ids.dev2.replace(/:\d+$/, ':987654')
      const [there, not] = await Promise.all(
        [ids.dev2, none].map((id) => attempt(`/api/context?id=${encodeURIComponent(id)}`, { headers: dev1 })),
      )
      assert.equal(there!.status, not!.status)
      assert.equal(there!.body.replace(ids.dev2, ''), not!.body.replace(none, ''))
    })
    it('and do not stand around an own one', async () => {
      const own = encodeURIComponent(ids.dev1)
      const answer = await attempt(`/api/context?id=${own}&before=500&after=500`, { headers: dev1 })
      assert.equal(answer.status, 200)
    })
  })

  describe('are not files that are served:', () => {
    for (const path of [
      '/socketserver/dev2/logs/DAY.jsonl',
      '/../socketserver/dev2/logs/DAY.jsonl',
      '/..%2fsocketserver%2fdev2%2flogs%2fDAY.jsonl',
      '/docs/../socketserver/dev2/logs/DAY.jsonl',
      '/docs/..%2f..%2fsocketserver%2fdev2%2flogs%2fDAY.jsonl',
      '/docs/%2e%2e/run/access/dev2.json',
      '/run/access/dev2.json',
      '/viewer/sessions.json',
      '//socketserver/dev2/logs/DAY.jsonl',
      '/api/searches/..%2f..%2fviewer%2fsessions.json',
      'http://127.0.0.1/socketserver/dev2/logs/DAY.jsonl',
    ]) {
      it(path, async () => {
        const answer = await attempt(path.replace('DAY', ids.dev2.slice(-13, -3)), { headers: dev1 })
        assert.ok([404, 405].includes(answer.status), `${answer.status} ${answer.body}`)
      })
    }
  })

  describe('are not opened by a login that is none:', () => {
    it('one that was never given out, in every place', async () => {
      const cookie = (value: string) => ({ cookie: `edgeyard-${viewer.port}=${value}` })
      const { token, epoch } = logins.of('dev2')
      const headers = [
        ...[cookie(''), cookie('x'.repeat(43)), cookie(token!), cookie(epoch), { cookie: dev1.cookie.slice(0, -1) }],
        { cookie: `${dev1.cookie.slice(0, -3)}abc` },
        { cookie: `${dev1.cookie}; ${dev1.cookie.replace(/.$/, '_')}` },
        { cookie: dev1.cookie.replace(/^[^=]*/, 'edgeyard-1') },
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
      const token = logins.issue('dev2')
      for (const name of ['token', 'access_token', 'authorization']) {
        assert.equal((await attempt(`/api/records?${name}=${token}`)).status, 401)
      }
    })
    it('a link that was used, has run out, or is of an older token', async () => {
      const once = logins.link('dev2')
      await logIn(viewer.port, once)
      const late = logins.link('dev2', '2026-01-01T00:00:00.000Z')
      const old = logins.link('dev2')
      logins.issue('dev2')
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
        const answer = await attempt(`/api/errors/${fingerprint}`, { headers: { ...operator, [name]: value }, body })
        assert.equal(answer.status, 403)
      }
      const headers = { ...operator, 'content-type': 'text/plain' }
      const answer = await attempt(`/api/errors/${fingerprint}`, { method: 'POST', headers, body: '{"state":"muted"}' })
      assert.equal(answer.status, 403)
    })
  })

  describe('are not sent any more after a login has ended:', () => {
    it('by a tail, when another token is issued', async () => {
      const headers = await logIn(viewer.port, logins.issue('dev2'))
      const tail = listen(await open(viewer.port, '/api/tail', { headers }))
      await tail.until(/retry/)
      logins.issue('dev2')
      await tail.ended
      await send('dev2', frame('socketserver', SECRET))
      judge(tail.text())
      assert.equal((await attempt('/api/records', { headers })).status, 401)
    })
    it('by a tail, when the developer is gone', async () => {
      const authorization = `Bearer ${logins.issue('dev3')}`
      const tail = listen(await open(viewer.port, '/api/tail', { headers: { authorization } }))
      await tail.until(/retry/)
      logins.revoke('dev3')
      await tail.ended
      judge(tail.text())
      assert.equal((await attempt('/api/records', { headers: { authorization } })).status, 401)
    })
    it('by a tail, when somebody logs out', async () => {
      const headers = await logIn(viewer.port, logins.issue('dev2'))
      const tail = listen(await open(viewer.port, '/api/tail', { headers }))
      await tail.until(/retry/)
      const out = await ask(viewer.port, '/api/logout', { method: 'POST', headers })
      assert.match(out.headers['set-cookie']![0]!, /=; Path=\/; Max-Age=0; HttpOnly; SameSite=Strict$/)
      await tail.ended
      judge(tail.text())
      for (const path of ['/api/records', '/api/export', '/api/tail'])
        assert.equal((await attempt(path, { headers })).status, 401)
    })
    it('by an export that is under way', async () => {
      const folder = join(rsyslogd.root, 'dtserver/dev4/logs')
      mkdirSync(folder, { recursive: true })
      const line = JSON.stringify({ received: '2026-11-20T00:00:00.000Z', severity: 'info', message: 'x'.repeat(4000) })
      appendFileSync(join(folder, '2026-11-20.jsonl'), `${line}\n`.repeat(8_000))
      const headers = await logIn(viewer.port, logins.issue('dev4'))
      // A folder that is new is found at the next look for some.
      const found = async () =>
        (await ask(viewer.port, '/api/records?developer=dev4', { headers })).json<RecordsReply>().records
      while ((await found()).length === 0);
      const response = await open(viewer.port, '/api/export?developer=dev4', { headers })
      await once(response, 'readable')
      logins.revoke('dev4')
      while ((await ask(viewer.port, '/api/session', { headers })).status !== 401);
      let bytes = 0
      await assert.rejects(async () => {
        for await (const piece of response) bytes += piece.length
      }, /aborted/)
      assert.ok(bytes < 8_000 * line.length, `${bytes} bytes`)
      judge('')
    })
    it('and another name does not bring what was there under it', async () => {
      const headers = await logIn(viewer.port, logins.issue('dev5'))
      logins.rename('dev5', 'dev6')
      const session = async () => (await ask(viewer.port, '/api/session', { headers })).json<{ who?: string }>().who
      while ((await session()) !== 'dev6') await attempt('/api/records', { headers })
      assert.equal((await attempt('/api/records?developer=dev5', { headers })).status, 200)
    })
  })

  it('do not come by a live tail', async () => {
    const tail = listen(await open(viewer.port, '/api/tail', { headers: dev1 }))
    await tail.until(/retry/)
    await send('dev2', frame('socketserver', SECRET), frame('redis', SECRET))
    await send('master', frame('edgeyard', SECRET))
    await until(() => rsyslogd.records('edgeyard', 'master').length > 1, 'the last of the others')
    await send('dev1', frame('socketserver', 'own, at last'))
    judge(await tail.until(/own, at last/))
  })

  it('are counted for the operator alone, by the counters of the collector', async () => {
    const health = async (headers: { cookie: string }) =>
      (await ask(viewer.port, '/api/health', { headers })).json<HealthReply>()
    let all = await health(operator)
    while (all.collector === undefined) all = await health(operator)
    assert.ok(Date.now() - Date.parse(all.collector.at) < 60_000)
    assert.deepEqual([all.collector.discarded, all.collector.rateLimited], [0, 0])
    assert.ok(all.disk!.freeBytes > 0)
    assert.equal((await health(dev1)).collector, undefined)
  })

  it("are not judged or muted by others, nor are everybody's", async () => {
    const body = { state: 'muted' }
    assert.equal((await attempt(`/api/errors/${fingerprint}`, { headers: dev1, body })).status, 404)
    for (const lastId of [ids.dev2, ids.dev1]) {
      const known = { headers: dev1, body: { ...body, lastId } }
      const { status } = await attempt(`/api/errors/${fingerprint}`, known)
      assert.equal(status, lastId === ids.dev1 ? 404 : 400)
    }
    const { groups } = (await ask(viewer.port, '/api/errors?developer=master', { headers: dev1 })).json<{
      groups: { fingerprint: string; lastId: string }[]
    }>()
    assert.ok(groups.length > 0)
    const { lastId } = groups[0]!
    for (const one of [body, { ...body, lastId }])
      assert.equal((await attempt(`/api/errors/${groups[0]!.fingerprint}`, { headers: dev1, body: one })).status, 403)
  })

  describe('are not made by forging whose they are:', () => {
    const says = (more: object) => JSON.stringify({ ...more, time: new Date().toISOString(), severity: 'error' })
    const rfc5424 = (tag: string, body: string, host = '-', structure = '-') => {
      const line = `<131>1 ${new Date().toISOString()} ${host} ${tag} 1 - ${structure} ${body}`
      return `${Buffer.byteLength(line)} ${line}`
    }
    const forgeries: readonly (readonly [name: string, frame: (message: string) => string])[] = [
      ['a developer in the body', (message) => rfc5424('socketserver', says({ message, developer: 'dev2' }))],
      [
        'a time of arrival in the body',
        (message) => rfc5424('socketserver', says({ received: 'x', message, developer: 'dev2' })),
      ],
      ['a host name', (message) => rfc5424('socketserver', says({ message }), 'dev2')],
      ['a tag', (message) => rfc5424('dev2', says({ message }))],
      ['a tag that is a path', (message) => rfc5424('../../socketserver/dev2/logs/x', says({ message }))],
      ['a tag of the yard', (message) => rfc5424('edgeyard', says({ message, fields: { audit: true, who: 'dev2' } }))],
      ['a line in a line', (message) => rfc5424('socketserver', `${says({ message })}\n<131>1 - - dtserver - - - x`)],
      [
        'the mark of a server of ours',
        (message) => rfc5424('dtserver', says({ message, developer: 'dev2' }), 'dev2', '[edgeyard@32473 run="dev2"]'),
      ],
      [
        'the mark of a server of ours, and a path',
        (message) => rfc5424('../dev2', says({ message, developer: 'dev2' }), '-', '[edgeyard@32473 run="x"]'),
      ],
      ['no record at all', (message) => `<131>Nov 29 10:00:00 dev2 socketserver: ${message}\n`],
    ]
    for (const [name, render] of forgeries) {
      it(name, async () => {
        const message = `forged by ${name}`
        await send('dev1', render(message))
        const all = ['socketserver', 'dtserver', 'edgeyard']
        await until(
          () => all.some((server) => rsyslogd.records(server, 'dev1').some((one) => one.message.includes('forged'))),
          message,
        )
        const q = `q=${encodeURIComponent('forged by')}`
        const { records } = (await attempt(`/api/records?${q}`, { headers: operator })).json<{
          records: ShownRecord[]
        }>()
        assert.deepEqual([...new Set(records.map(({ developer }) => developer))], ['dev1'])
      })
    }
  })
})
