// A real viewer tells a real web server and a real mail server of errors.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { ALERTS_FILE, type AlertConfig } from '../../servers/contract/alerts.ts'
import { until } from '../../servers/log/rsyslogd.fixture.ts'
import { createLogins, type Logins } from '../access/logins.fixture.ts'
import type { ErrorsReply } from '../query/wire.ts'
import { ask } from '../server/ask.fixture.ts'
import { createViewer, type Viewer } from '../server/create-viewer.ts'
import { createYardFixture, type YardFixture } from '../store/yard.fixture.ts'
import { createSmtpSink, type SmtpSink } from './smtp-sink.fixture.ts'

interface Message {
  readonly text: string
  readonly content: string
  readonly alerts: readonly { kind: string; title: string; link: string; source: object }[]
}

describe('somebody is told of errors', function () {
  this.timeout(30_000)
  let yard: YardFixture
  let logins: Logins
  let smtp: SmtpSink
  let hook: Server
  let posts: Message[]
  /** What the hook answers next, before it answers 204. */
  let answers: number[]
  let viewer: Viewer
  let printed: string[]
  const PAGE = 'http://yard.example:8088/'

  const start = async (more: Partial<AlertConfig> = {}) => {
    const { port } = hook.address() as AddressInfo
    const config: AlertConfig = {
      webhooks: [`http://127.0.0.1:${port}/secret-path`],
      mail: {
        to: ['ops@a.example', 'lead@a.example'],
        from: 'yard@a.example',
        host: '127.0.0.1',
        port: smtp.port,
        secure: false,
        login: null,
      },
      ...{ errorsPerMinute: null, quietMinutes: 30, page: PAGE, ...more },
    }
    writeFileSync(join(logins.folder, ALERTS_FILE), JSON.stringify(config))
    viewer = await createViewer({
      ...{ root: yard.root, host: '127.0.0.1', port: 0, print: (line) => void printed.push(line) },
      alertWaits: { gatherMs: 20, retryFirstMs: 20, lookAfterMs: 20 },
    })
  }
  /** The first look only learns what is there already. */
  const looked = () => until(() => existsSync(join(yard.root, 'viewer/known-errors.json')), 'the first look')
  const put = (message: string, more: object = {}) =>
    yard.put('socketserver', 'dev1', new Date().toISOString(), { severity: 'error', message, ...more })
  const nextPost = async () => {
    while (posts.length === 0) await once(hook, 'told')
    return posts.shift()!
  }

  beforeEach(async () => {
    yard = createYardFixture()
    logins = createLogins(yard.root)
    smtp = await createSmtpSink()
    posts = []
    answers = []
    printed = []
    hook = createServer(async (request, response) => {
      let body = ''
      for await (const piece of request) body += piece
      const status = answers.shift() ?? 204
      response.writeHead(status).end()
      if (status === 204) posts.push(JSON.parse(body))
      hook.emit('told')
    })
    hook.listen(0, '127.0.0.1')
    await once(hook, 'listening')
  })
  afterEach(async () => {
    await viewer.close()
    await smtp.close()
    hook.closeAllConnections()
    hook.close()
    yard.remove()
  })

  it('that are new, by a webhook and by mail, and of none that was there already or is the same', async () => {
    put('known for long')
    await start()
    await looked()
    put('known for long')
    put('No such\u0007 room\nBcc: x@y.example', { release: '4f2a' })
    const post = await nextPost()
    assert.deepEqual(
      post.alerts.map(({ kind, title, source }) => ({ kind, title, source })),
      [{ kind: 'new', title: 'No such\u0007 room', source: { developer: 'dev1', server: 'socketserver' } }],
    )
    assert.match(post.text, /^New error in socketserver of dev1: No such {2}room\n/)
    assert.match(
      post.alerts[0]!.link,
      /^http:\/\/yard\.example:8088\/\?developer=dev1&server=socketserver&severity=error&from=2/,
    )
    const { from, to, text } = await smtp.next()
    assert.deepEqual([from, to], ['yard@a.example', ['ops@a.example', 'lead@a.example']])
    assert.match(text, /^Subject: \[edgeyard\] New error in socketserver of dev1: No such {1,2}room/m)
    assert.doesNotMatch(text.split('\r\n\r\n')[0]!, /^Bcc:/m)
    put('No such\u0007 room\nBcc: x@y.example')
    put('Another one')
    assert.deepEqual(
      (await nextPost()).alerts.map(({ title }) => title),
      ['Another one'],
    )
  })

  it('that came back after they were resolved, and of none that are muted', async () => {
    await start()
    await looked()
    put('first')
    await nextPost()
    put('second')
    await nextPost()
    const headers = { authorization: `Bearer ${logins.issue('dev1')}` }
    const { groups } = (await ask(viewer.port, '/api/errors', { headers })).json<ErrorsReply>()
    for (const [title, state] of [
      ['first', 'resolved'],
      ['second', 'muted'],
    ] as const) {
      const { fingerprint } = groups.find((group) => group.title === title)!
      assert.equal((await ask(viewer.port, `/api/errors/${fingerprint}`, { headers, body: { state } })).status, 200)
    }
    put('second')
    put('first')
    assert.deepEqual(
      (await nextPost()).alerts.map(({ kind, title }) => [kind, title]),
      [['back', 'first']],
    )
    const { groups: after } = (await ask(viewer.port, '/api/errors', { headers })).json<ErrorsReply>()
    assert.deepEqual(Object.fromEntries(after.map(({ title, state }) => [title, state])), {
      first: 'back',
      second: 'muted',
    })
  })

  it('that are many, once', async () => {
    await start({ errorsPerMinute: 5, mail: null })
    await looked()
    for (let i = 0; i < 40; i++) put('the same')
    const alerts = []
    while (alerts.length < 2) alerts.push(...(await nextPost()).alerts)
    assert.deepEqual(alerts.map(({ kind }) => kind).sort(), ['new', 'rate'])
    assert.equal(alerts.find(({ kind }) => kind === 'rate')!.title, 'more than 5 a minute, the last one: the same')
  })

  it('when they can be told again, and the log says since when not, without what is secret', async () => {
    answers = [500, 404, 500]
    smtp.refuse(2)
    await start()
    await looked()
    put('while nobody answers')
    assert.equal((await nextPost()).alerts[0]!.title, 'while nobody answers')
    assert.match((await smtp.next()).text, /while nobody answers/)
    await until(() => printed.filter((line) => line.includes('again')).length === 2, 'both places')
    assert.deepEqual(
      printed.filter((line) => line.includes('webhook')).map((line) => line.replace(/:\d+/, '')),
      [
        'logs-viewer: [error] Cannot tell the webhook at 127.0.0.1 of errors: it answers 500',
        'logs-viewer: [notice] Alerts arrive at the webhook at 127.0.0.1 again',
      ],
    )
    assert.ok(!printed.join().includes('secret-path'))
  })

  it('that came while the viewer was away', async () => {
    await start({ mail: null })
    await looked()
    await viewer.close()
    put('in the night')
    await start({ mail: null })
    assert.deepEqual(
      (await nextPost()).alerts.map(({ title }) => title),
      ['in the night'],
    )
  })
})
