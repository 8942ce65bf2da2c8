import assert from 'node:assert/strict'
import { request } from 'node:http'
import { type ServingEdgeServer, startEdgeServer } from '../testing/edge-server.ts'
import { createSandboxFolder, type SandboxFolder } from '../testing/sandbox-folder.ts'

const SCRIPT = `
let calls = 0
const done = []
const routes = {
  '/hello': () => ({ body: 'hello' }),
  '/bytes': () => ({ headers: { 'content-type': 'image/png' }, body: new Uint8Array([1, 2, 3]) }),
  '/response': () => Response.json({ ok: true }, { status: 201, headers: { 'x-own': 'yes' } }),
  '/empty': () => ({ status: 204 }),
  '/cookies': () => ({ headers: { 'set-cookie': ['a=1', 'b=2'] }, body: '' }),
  '/moved': (req, { redirect }) => redirect('/hello'),
  '/echo': async (req) => Response.json({
    method: req.method, path: req.path, url: req.url, ip: req.ip, q: req.query.get('q'), own: req.header('X-Own'),
    standard: req.headers.get('x-own'), json: await req.json(), again: await req.text(), bytes: (await req.arrayBuffer()).byteLength,
  }),
  '/context': (req, ctx) => Response.json({ id: ctx.id, env: ctx.env, state: ctx.state.get('seen'), calls: ++calls }),
  '/stream': () => new Response(new ReadableStream({
    start(c) { for (const word of ['a', 'b', 'c']) c.enqueue(new TextEncoder().encode(word)); c.close() },
  })),
  '/proxy': (req, ctx) => ctx.fetch(new URL('/hello', req.url).href),
  '/done': () => Response.json(done),
  '/after': (req, ctx) => { ctx.after(async () => { done.push('after ' + req.ip) }); return { body: 'now' } },
  '/wait': (req, ctx) => new Promise((resolve) => {
    ctx.log.info('waiting')
    req.signal.addEventListener('abort', () => { ctx.log.info('gone'); resolve({ body: 'late' }) })
  }),
  '/nothing': () => undefined,
  '/data': () => ({ name: 'no reply' }),
  '/number': () => ({ body: 5 }),
  '/split': () => ({ headers: { 'x-a': 'b\\r\\nx-evil: 1' }, body: '' }),
}
module.exports.default = {
  access(req, ctx) {
    ctx.state.set('seen', 'by access')
    if (req.header('authorization') === 'no') return { status: 403, body: 'refused' }
  },
  fetch(req, ctx) { return (routes[req.path] ?? (() => ({ status: 404, body: 'none' })))(req, ctx) },
  headers(res) { res.headers.set('x-filtered', String(res.status)) },
  log({ status, bytes, ms, aborted }, ctx) { done.push([status, bytes, ms >= 0, aborted]) },
}`

describe('a script that answers HTTP', () => {
  let sandbox: SandboxFolder
  let server: ServingEdgeServer
  const get = (path: string, init?: RequestInit) => fetch(server.url + path, init)

  before(async () => {
    sandbox = await createSandboxFolder({
      script: SCRIPT,
      server:
        'client_max_body_size 1k; location / { script src/main.ts; set $colour blue; } location = /health { return 200 "ok\\n"; }',
    })
    server = await startEdgeServer(sandbox.prefix)
  })
  after(async () => {
    await server.kill()
    await sandbox.remove()
  })

  it('sends a plain object as text, with the request id', async () => {
    const reply = await get('/hello')
    assert.equal(await reply.text(), 'hello')
    assert.equal(reply.headers.get('content-type'), 'text/plain; charset=utf-8')
    assert.match(reply.headers.get('x-request-id')!, /^[0-9a-f]{32}$/)
  })

  it('sends bytes, Responses, several cookies and replies without a body', async () => {
    assert.deepEqual([...new Uint8Array(await (await get('/bytes')).arrayBuffer())], [1, 2, 3])
    const response = await get('/response')
    assert.deepEqual(
      [response.status, response.headers.get('x-own'), await response.json()],
      [201, 'yes', { ok: true }],
    )
    assert.deepEqual((await get('/cookies')).headers.getSetCookie(), ['a=1', 'b=2'])
    assert.equal((await get('/empty')).status, 204)
    const moved = await get('/moved', { redirect: 'manual' })
    assert.deepEqual([moved.status, moved.headers.get('location')], [302, '/hello'])
    assert.equal(await (await get('/stream')).text(), 'abc')
  })

  it('shows the request in the web-standard shape, and its body more than once', async () => {
    const reply = await get('/echo?q=1', { method: 'POST', body: '{"a":1}', headers: { 'x-own': 'v' } })
    assert.deepEqual(await reply.json(), {
      method: 'POST',
      path: '/echo',
      url: `${server.url}/echo?q=1`,
      ip: '127.0.0.1',
      q: '1',
      own: 'v',
      standard: 'v',
      json: { a: 1 },
      again: '{"a":1}',
      bytes: 7,
    })
  })

  it('gives each request its own context, and keeps the state of the module', async () => {
    const first = (await (await get('/context')).json()) as Record<string, unknown>
    const second = (await (await get('/context')).json()) as Record<string, unknown>
    assert.deepEqual([first.env, first.state, first.calls, second.calls], [{ colour: 'blue' }, 'by access', 1, 2])
    assert.notEqual(first.id, second.id)
  })

  it('lets access end a request, headers change every reply, and log see it', async () => {
    const reply = await get('/hello', { headers: { authorization: 'no' } })
    assert.deepEqual([reply.status, await reply.text(), reply.headers.get('x-filtered')], [403, 'refused', '403'])
    const done = (await (await get('/done')).json()) as unknown[]
    assert.deepEqual(done.at(-1), [403, 7, true, false])
  })

  it('passes on what fetch got, without the headers of that connection', async () => {
    const reply = await get('/proxy')
    assert.equal(await reply.text(), 'hello')
  })

  it('runs a job after the reply', async () => {
    assert.equal(await (await get('/after')).text(), 'now')
    const done = async () => (await (await get('/done')).json()) as unknown[]
    while (!(await done()).includes('after 127.0.0.1'));
  })

  for (const [path, says] of [
    ['/nothing', '"fetch" must return a reply'],
    ['/data', 'returned an object with "name"'],
    ['/number', 'returned a number as body'],
    ['/split', 'x-evil'],
  ] as const) {
    it(`answers ${path} with 500 and says why in the log`, async () => {
      const reply = await get(path)
      assert.equal(reply.status, 500)
      const id = reply.headers.get('x-request-id')
      assert.equal(await reply.text(), `500 Internal Server Error\nrequest id: ${id}\n`)
      assert.ok((await server.log.until(new RegExp(`${id}`))).includes(says))
    })
  }

  it('answers a body that is too large with 413, before the script and while it reads', async () => {
    assert.equal((await get('/echo', { method: 'POST', body: 'x'.repeat(2000) })).status, 413)
    await server.log.until(/client intended to send too large body: 2000 bytes/)
    assert.equal(await sendChunked(`${server.url}/echo`, 'x'.repeat(2000)), 413)
  })

  it('answers `return` without a script', async () => {
    assert.equal(await (await get('/health')).text(), 'ok\n')
  })

  it('tells a script that its client has gone, and logs the request as aborted', async () => {
    const leaving = new AbortController()
    const waiting = get('/wait', { signal: leaving.signal })
    await server.log.until(/waiting/)
    leaving.abort()
    await assert.rejects(waiting)
    await server.log.until(/gone/)
    const done = (await (await get('/done')).json()) as unknown[]
    assert.deepEqual(done.at(-1), [499, 0, true, true])
  })

  it('answers HEAD without a body', async () => {
    const reply = await get('/hello', { method: 'HEAD' })
    assert.deepEqual([reply.status, await reply.text(), reply.headers.get('content-length')], [200, '', '5'])
  })

  it('does not take a WebSocket where the script has no message hook', async () => {
    const { connectSocket } = await import('../testing/socket-client.ts')
    await assert.rejects(connectSocket(server.url.replace('http', 'ws')), /status 404/)
  })
})

function sendChunked(url: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', headers: { 'transfer-encoding': 'chunked' } }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    })
    sending.on('error', reject)
    sending.end(body)
  })
}
