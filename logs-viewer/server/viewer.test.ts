import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import net from 'node:net'
import { createInterface } from 'node:readline'
import { HELD_PER_PERSON_MAX } from '../access/gate.ts'
import { createLogins, type Logins } from '../access/logins.fixture.ts'
import type { HealthReply, RecordsReply, ShownRecord } from '../query/wire.ts'
import { createYardFixture, type YardFixture } from '../store/yard.fixture.ts'
import { createViewer, type Viewer } from './create-viewer.ts'
import { CLIENTS_MAX } from './tail-clients.ts'

const at = (ms: number) => new Date(Date.UTC(2026, 10, 20, 12) + ms).toISOString()

async function readHealth(url: string, headers: Record<string, string>): Promise<HealthReply> {
  return (await (await fetch(`${url}/api/health`, { headers })).json()) as HealthReply
}

describe('the viewer', () => {
  let yard: YardFixture
  let viewer: Viewer
  let url: string
  let logins: Logins
  let operator: { authorization: string }
  const ended = new AbortController()
  beforeEach(async () => {
    yard = createYardFixture()
    logins = createLogins(yard.root)
    operator = { authorization: `Bearer ${logins.issue('operator')}` }
    viewer = await createViewer({ root: yard.root, host: '127.0.0.1', port: 0 })
    url = `http://127.0.0.1:${viewer.port}`
  })
  afterEach(async () => {
    await viewer.close()
    yard.remove()
  })
  after(() => ended.abort())

  const ask = async (query: string): Promise<RecordsReply> =>
    (await (await fetch(`${url}/api/records?${query}`, { headers: operator })).json()) as RecordsReply

  /** Events of a tail, one at a time. */
  async function* follow(query: string, headers: Record<string, string> = {}) {
    const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(20_000)])
    const response = await fetch(`${url}/api/tail?${query}`, { headers: { ...operator, ...headers }, signal })
    assert.equal(response.headers.get('content-type'), 'text/event-stream')
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        const event = Object.fromEntries(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => line.split(/: (.*)/s, 2)),
        )
        text = text.slice(end + 2)
        yield event as { id?: string; event?: string; data?: string; retry?: string }
      }
    }
  }

  const nextRecord = async (events: AsyncGenerator<{ event?: string; data?: string }>) => {
    for (;;) {
      const { value } = await events.next()
      if (value.data !== undefined && value.event === undefined) return JSON.parse(value.data) as ShownRecord
    }
  }

  it('answers with the newest records, whose they are, and where to go on', async () => {
    for (let i = 0; i < 5; i++)
      yard.put('socketserver', 'dev1', at(i), { message: `m${i}`, severity: i % 2 ? 'error' : 'info' })
    yard.put('redis', 'dev2', at(9), { message: 'redis' })
    // A folder that has just been made is noticed a moment later.
    while ((await ask('')).records.length < 6);
    const newest = await ask('limit=2')
    assert.deepEqual(
      newest.records.map(({ message }) => message),
      ['m4', 'redis'],
    )
    assert.deepEqual(newest.sources.map(({ server, developer }) => `${server}/${developer}`).sort(), [
      ...['redis/dev2', 'socketserver/dev1'],
    ])
    const older = await ask(`before=${encodeURIComponent(newest.before!)}`)
    assert.deepEqual(
      older.records.map(({ message }) => message),
      ['m0', 'm1', 'm2', 'm3'],
    )
    assert.equal(older.before, null)
    const errors = await ask('developer=dev1&server=socketserver&severity=error&q=M3')
    assert.deepEqual(
      errors.records.map(({ message }) => message),
      ['m3'],
    )
  })

  const refused: [method: string, path: string, status: number][] = [
    ['GET', '/api/records?developer=../x', 400],
    ['GET', '/api/records?before=../../etc/passwd', 400],
    ['GET', '/api/tail?severity=loud', 400],
    ['GET', '/../package.json', 404],
    ['GET', '/logs-viewer/web/..%2f..%2fserver/main.js', 404],
    ['GET', '/api/records?limit=-1', 400],
    ['GET', '/api/search?after=dev1/redis/2026-11-20:1', 400],
    ['GET', '/api/records?q=%2F(%2F', 400],
    ['GET', '/api/export?format=exe', 400],
    ['GET', '/constructor', 404],
    ['POST', '/api/records', 405],
  ]
  for (const [method, path, status] of refused) {
    it(`answers ${method} ${path} with ${status}`, async () => {
      // Not fetch: it would tidy the path up.
      const sent = request({ port: viewer.port, host: '127.0.0.1', method, path, headers: operator })
      sent.end()
      const [response] = await once(sent, 'response')
      response.resume()
      assert.equal(response.statusCode, status)
    })
  }

  it('answers nobody who came by another name: that page would read the log as its own', async () => {
    for (const path of ['/', '/api/records', '/api/tail', '/health']) {
      const sent = request({ port: viewer.port, host: '127.0.0.1', path, headers: { host: 'elsewhere.example' } })
      sent.end()
      const [response] = await once(sent, 'response')
      let text = ''
      for await (const piece of response) text += piece
      assert.equal(response.statusCode, 421)
      assert.match(text, /"elsewhere\.example" is not this viewer's name/)
    }
  })

  it('serves the page under a policy that lets no text of a record become anything else', async () => {
    const response = await fetch(url)
    assert.match(await response.text(), /<title>edgeyard logs<\/title>/)
    const policy = response.headers.get('content-security-policy')!
    assert.match(policy, /default-src 'none'; script-src 'self'/)
    assert.doesNotMatch(policy, /unsafe|data:|\*/)
    const again = await fetch(url, { headers: { 'if-none-match': response.headers.get('etag')! } })
    assert.equal(again.status, 304)
    assert.equal((await fetch(`${url}/app.js`)).status, 200)
    assert.equal((await fetch(`${url}/login`)).headers.get('etag'), response.headers.get('etag'))
  })

  it('tails what the filter wants', async () => {
    const events = follow('developer=dev1&severity=warn')
    await events.next()
    yard.put('socketserver', 'dev2', at(0), { severity: 'error' })
    yard.put('socketserver', 'dev1', at(1), { severity: 'info' })
    yard.put('socketserver', 'dev1', at(2), {
      severity: 'error',
      message: 'wanted',
      stack: 'Error\n at src/main.ts:1:2',
    })
    const record = await nextRecord(events)
    assert.deepEqual([record.message, record.stack], ['wanted', 'Error\n at src/main.ts:1:2'])
    await events.return(undefined)
  })

  it('resumes behind the last event of a client, whichever files the missed records are in', async () => {
    yard.put('socketserver', 'dev1', at(0), { message: 'known' })
    yard.put('socketserver', 'dev1', at(60_000), { message: 'last' })
    let { records } = await ask('')
    while (records.length < 2) ({ records } = await ask(''))
    yard.put('redis', 'dev2', at(61_000), { message: 'missed' })
    yard.put('socketserver', 'dev1', at(62_000), { message: 'missed too' })
    const events = follow('', { 'last-event-id': records.at(-1)!.id })
    const messages = new Set<string>()
    // The overlap gives some once more; their ids say that they are known.
    while (!messages.has('missed') || !messages.has('missed too')) messages.add((await nextRecord(events)).message)
    assert.deepEqual([...messages].filter((message) => message !== 'known').sort(), ['last', 'missed', 'missed too'])
    yard.put('socketserver', 'dev1', at(63_000), { message: 'live' })
    while (!messages.has('live')) messages.add((await nextRecord(events)).message)
    await events.return(undefined)
  })

  it('tells a tail that its pattern takes too long, as the last thing', async () => {
    const pattern = encodeURIComponent('/^(a+)+$/')
    const events = follow(`q=${pattern}`)
    await events.next()
    yard.put('socketserver', 'dev1', at(0), { message: `${'a'.repeat(80)}!` })
    const told = []
    for await (const event of events) told.push(event)
    assert.deepEqual(
      told.map(({ event }) => event),
      ['refused'],
    )
    assert.match(JSON.parse(told[0]!.data!).message, /takes too long/)
    // And so is one that comes back to go on behind what it has.
    const { records } = await ask('')
    const again = follow(`q=${pattern}`, { 'last-event-id': records[0]!.id })
    const last = []
    for await (const event of again) last.push(event.event)
    assert.equal(last.at(-1), 'refused')
  })

  it('says why a pattern exports nothing', async () => {
    const events = follow('')
    await events.next()
    yard.put('socketserver', 'dev1', at(0), { message: `${'a'.repeat(80)}!` })
    await nextRecord(events)
    await events.return(undefined)
    const path = `/api/export?format=text&q=${encodeURIComponent('/^(a+)+$/')}`
    const response = await fetch(`${url}${path}`, { headers: operator })
    assert.equal(response.status, 400)
    assert.match(((await response.json()) as { error: string }).error, /takes too long/)
  })

  it('skips and counts for a client that does not read, and goes on when it does', async () => {
    const socket = net.connect(viewer.port, '127.0.0.1')
    socket.write(`GET /api/tail HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${operator.authorization}\r\n\r\n`)
    let text = ''
    socket.on('data', (data) => {
      text += data.toString('latin1')
    })
    // Looks at nothing twice: it becomes many megabytes.
    const arrives = async (what: string) => {
      for (let from = 0; text.indexOf(what, from) === -1; await once(socket, 'data'))
        from = Math.max(0, text.length - what.length)
    }
    await arrives('retry')
    socket.pause()
    const quick = follow('')
    await quick.next()
    const count = 400
    const message = 'x'.repeat(50_000)
    for (let i = 0; i < count; i++) yard.put('socketserver', 'dev1', at(i), { severity: 'error', seq: i, message })
    yard.put('socketserver', 'dev1', at(count), { message: 'end' })
    while ((await nextRecord(quick)).message !== 'end');
    assert.equal((await readHealth(url, operator)).tails, 2)
    socket.resume()
    await arrives('event: skipped')
    const told = JSON.parse(/event: skipped\ndata: (.*)/.exec(text)![1]!)
    const sent = text.match(/"message":"xxx/g)!.length
    assert.equal(sent + told.errors, count)
    assert.equal(told.count, told.errors + 1)
    yard.put('socketserver', 'dev1', at(count + 1), { message: 'again' })
    await arrives('"again"')
    socket.destroy()
    await quick.return(undefined)
  })

  it('turns away one client more than it can hold, and one person who wants too much', async () => {
    const max = HELD_PER_PERSON_MAX.stream
    const asked = async (authorization: string) => {
      const socket = net.connect(viewer.port, '127.0.0.1')
      socket.write(`GET /api/tail HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`)
      const [data] = (await once(socket, 'data')) as [Buffer]
      const head = data.toString('latin1').toLowerCase()
      return { socket, status: head.slice(9, 12), mayComeBack: head.includes('\r\nretry-after: ') }
    }
    const people = ['dev1', 'dev2', 'dev3', 'dev4'].map((name) => `Bearer ${logins.issue(name)}`)
    const first = await Promise.all(Array.from({ length: max + 1 }, () => asked(people[0]!)))
    assert.deepEqual(first.map(({ status }) => status).sort(), [...Array(max).fill('200'), '429'])
    assert.ok(first.every(({ status, mayComeBack }) => mayComeBack === (status === '429')))
    const left = CLIENTS_MAX - max
    const others = await Promise.all(Array.from({ length: left }, (_, n) => asked(people[1 + (n % 3)]!)))
    assert.deepEqual([...new Set(others.map(({ status }) => status))], ['200'])
    const more = await asked(operator.authorization)
    assert.equal(more.status, '503')
    for (const { socket } of [...first, ...others, more]) socket.destroy()
  })

  it('is a process that says on fd 3 when it listens, and stops on SIGTERM', async () => {
    const main = new URL('main.js', import.meta.url).pathname
    const child = spawn(process.execPath, [main, '--root', yard.root, '--host', '127.0.0.1', '--port', '0'], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    })
    const lines = createInterface({ input: child.stdio[3] as NodeJS.ReadableStream })[Symbol.asyncIterator]()
    assert.deepEqual(JSON.parse((await lines.next()).value), { type: 'ready' })
    const { type, port } = JSON.parse((await lines.next()).value)
    assert.equal(type, 'listening')
    assert.deepEqual(await (await fetch(`http://127.0.0.1:${port}/health`)).json(), { status: 'ok' })
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'exit'), [0, null])
  })

  it('says why it cannot listen', async () => {
    const main = new URL('main.js', import.meta.url).pathname
    const port = String(viewer.port)
    const child = spawn(process.execPath, [main, '--root', yard.root, '--port', port], {
      stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
    })
    const lines = createInterface({ input: child.stdio[3] as NodeJS.ReadableStream })[Symbol.asyncIterator]()
    const { type, failure } = JSON.parse((await lines.next()).value)
    assert.equal(type, 'failed')
    assert.match(failure.message, /EADDRINUSE/)
    if (child.exitCode === null) await once(child, 'exit')
    assert.equal(child.exitCode, 1)
  })
})
