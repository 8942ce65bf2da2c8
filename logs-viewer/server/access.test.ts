// Nobody sees another developer's records: a table of tries.
import assert from 'node:assert/strict'
import { until } from '../../servers/log/rsyslogd.fixture.ts'
import type { HealthReply, ShownRecord } from '../query/wire.ts'
import { ask, listen, open } from './ask.fixture.ts'

import { SECRET, useSecretRecords } from './secret-records.fixture.ts'

describe("another developer's records", function () {
  this.timeout(60_000)
  const yard = useSecretRecords({ triesMin: 60 })
  const { send, frame, judge, attempt } = yard

  it('are there: who may see them does', async () => {
    const { body } = await ask(yard.port, '/api/records', { headers: yard.operator })
    assert.equal(body.split(`"message":"${SECRET}"`).length - 1, 5)
  })

  describe('are not seen without a login:', () => {
    const paths = [
      ...['/api/session', '/api/records', '/api/search', '/api/tail', '/api/histogram', '/api/errors', '/api/searches'],
      ...['/api/export', '/api/export?format=csv', '/api/health', '/docs/', '/docs/search.json', '/api/context?id=ID'],
      '/api/openapi.json',
    ]
    for (const path of paths) {
      it(path, async () =>
        assert.equal((await attempt(path.replace('ID', encodeURIComponent(yard.ids.dev2)))).status, 401),
      )
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
        const { status } = await attempt(`/api/records?${query}`, { headers: yard.dev1 })
        assert.ok(status === 200 || status === 400, `${status}`)
      })
    }
    for (const path of ['search', 'histogram', 'errors', 'export', 'export?format=csv', 'export?format=text']) {
      it(`${path}, of dev2 and of all`, async () => {
        const mark = path.includes('?') ? '&' : '?'
        for (const query of ['developer=dev2', 'developer=dev1,dev2', `q=${SECRET}`, '']) {
          const { body } = await attempt(`/api/${path}${mark}${query}`, { headers: yard.dev1 })
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
      const [own, all] = [await of(yard.dev1), await of(yard.operator)]
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
          text.replace('DEV2', encode(yard.ids.dev2)).replace('AUDIT', encode(yard.ids.audit))
        const last = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]))
        const answer = await attempt(fill(path, encodeURIComponent), { headers: { ...yard.dev1, ...last } })
        assert.equal(answer.status, 400)
        assert.match(answer.body, /is no record's id/)
      })
    }
    it('and nobody learns whether one is there', async () => {
      const none = yard.ids.dev2.replace(/:\d+$/, ':987654')
      const [there, not] = await Promise.all(
        [yard.ids.dev2, none].map((id) => attempt(`/api/context?id=${encodeURIComponent(id)}`, { headers: yard.dev1 })),
      )
      assert.equal(there!.status, not!.status)
      assert.equal(there!.body.replace(yard.ids.dev2, ''), not!.body.replace(none, ''))
    })
    it('and do not stand around an own one', async () => {
      const own = encodeURIComponent(yard.ids.dev1)
      const answer = await attempt(`/api/context?id=${own}&before=500&after=500`, { headers: yard.dev1 })
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
        const answer = await attempt(path.replace('DAY', yard.ids.dev2.slice(-13, -3)), { headers: yard.dev1 })
        assert.ok([404, 405].includes(answer.status), `${answer.status} ${answer.body}`)
      })
    }
  })

  it('do not come by a live tail', async () => {
    const tail = listen(await open(yard.port, '/api/tail', { headers: yard.dev1 }))
    await tail.until(/retry/)
    await send('dev2', frame('socketserver', SECRET), frame('redis', SECRET))
    await send('master', frame('edgeyard', SECRET))
    await until(() => yard.rsyslogd.records('edgeyard', 'master').length > 1, 'the last of the others')
    await send('dev1', frame('socketserver', 'own, at last'))
    judge(await tail.until(/own, at last/))
  })

  it('are counted for the operator alone, by the counters of the collector', async () => {
    const health = async (headers: { cookie: string }) =>
      (await ask(yard.port, '/api/health', { headers })).json<HealthReply>()
    let all = await health(yard.operator)
    while (all.collector === undefined) all = await health(yard.operator)
    assert.ok(Date.now() - Date.parse(all.collector.at) < 60_000)
    assert.deepEqual([all.collector.discarded, all.collector.rateLimited], [0, 0])
    assert.ok(all.disk!.freeBytes > 0)
    assert.equal((await health(yard.dev1)).collector, undefined)
  })

  it("are not judged or muted by others, nor are everybody's", async () => {
    const body = { state: 'muted' }
    assert.equal((await attempt(`/api/errors/${yard.fingerprint}`, { headers: yard.dev1, body })).status, 404)
    for (const lastId of [yard.ids.dev2, yard.ids.dev1]) {
      const known = { headers: yard.dev1, body: { ...body, lastId } }
      const { status } = await attempt(`/api/errors/${yard.fingerprint}`, known)
      assert.equal(status, lastId === yard.ids.dev1 ? 404 : 400)
    }
    const { groups } = (await ask(yard.port, '/api/errors?developer=master', { headers: yard.dev1 })).json<{
      groups: { fingerprint: string; lastId: string }[]
    }>()
    assert.ok(groups.length > 0)
    const { lastId } = groups[0]!
    for (const one of [body, { ...body, lastId }])
      assert.equal(
        (await attempt(`/api/errors/${groups[0]!.fingerprint}`, { headers: yard.dev1, body: one })).status,
        403,
      )
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
          () =>
            all.some((server) => yard.rsyslogd.records(server, 'dev1').some((one) => one.message.includes('forged'))),
          message,
        )
        const q = `q=${encodeURIComponent('forged by')}`
        const { records } = (await attempt(`/api/records?${q}`, { headers: yard.operator })).json<{
          records: ShownRecord[]
        }>()
        assert.deepEqual([...new Set(records.map(({ developer }) => developer))], ['dev1'])
      })
    }
  })
})
