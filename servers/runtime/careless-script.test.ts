import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bootEdgeServer, type ServingEdgeServer, startEdgeServer } from '../testing/edge-server.ts'
import { createSandboxFolder, type SandboxFolder } from '../testing/sandbox-folder.ts'
import { connectSocket } from '../testing/socket-client.ts'

const SCRIPT = `const later = (message) => setTimeout(() => { throw new Error(message) })
const routes = {
  '/exit': () => process.exit(0), '/abort': () => process.abort(),
  '/remove': () => {
    process.removeAllListeners('uncaughtException')
    process.removeAllListeners('unhandledRejection')
    later('thrown without listeners')
    Promise.reject(new Error('rejected without listeners'))
  },
  '/listen': () => { process.on('uncaughtException', () => process.exit(1)); later('thrown to a listener that exits') },
  '/logged': (req, { log }) => {
    log.error('cannot save', new RangeError('the fields are an error'))
    log.info({ room: 5 })
    log.info('one bad getter', { get bad() { throw 1 }, good: 'is kept' })
    log.info({ get [Symbol.toStringTag]() { throw Object.create(null) }, toString() { throw 1 } })
  },
  '/long': (req, { log }) => {
    log.info('long ' + 'x'.repeat(5e6), { end: 'of the long one' })
    throw new Error('long ' + 'y'.repeat(5e6))
  },
  '/body': async (req, ctx) => { ctx.log.info('reads'); await req.text() },
  '/fetch': async (req, ctx) => { ctx.log.info('fetches'); await ctx.fetch('http://127.0.0.1:' + req.query.get('port')) },
}
module.exports.default = {
  async fetch(req, ctx) { ctx.state.set('path', req.path); await routes[req.path]?.(req, ctx); return { body: 'fine' } },
  async headers(res) {
    if (res.status !== 200) return
    await null
    res.headers.set('x-late', 'set after an await')
  },
  async log(done, ctx) {
    ctx.log.info('done ' + done.status, { aborted: done.aborted, hook: ctx.state.get('path') })
    await null
    throw new Error('from the log hook')
  },
  open(ws) { ws.send('open') },
  // What a query builder returns: nothing happens before somebody waits for it.
  message: (ws, data) => ({ then(resolve, reject) { ws.send('asked for'); reject(new Error('of a thenable')) } }),
}`

describe('a careless script', () => {
  let sandbox: SandboxFolder
  let server: ServingEdgeServer
  const get = (path: string) => fetch(server.url + path)
  const isAlive = async () => assert.equal(await (await get('/')).text(), 'fine')

  before(async () => {
    sandbox = await createSandboxFolder({ script: SCRIPT })
    server = await startEdgeServer(sandbox.prefix)
  })
  after(async () => {
    await server.kill()
    await sandbox.remove()
  })

  it('does not end the server by process.exit or process.abort, and is told where it tried', async () => {
    for (const path of ['/exit', '/abort']) {
      assert.equal((await get(path)).status, 500)
      await server.log.until(/Cannot exit: .*phase: fetch/)
      await server.log.until(new RegExp(`at ${path} .*main\\.js:3:`))
    }
    await isAlive()
  })

  it('does not end the server by removing its listeners for what nobody caught', async () => {
    await get('/remove')
    await server.log.until(/thrown without listeners/)
    await server.log.until(/rejected without listeners/)
    await isAlive()
  })

  it('does not end the server by a listener of its own that exits', async () => {
    await get('/listen')
    await server.log.until(/thrown to a listener that exits/)
    await isAlive()
  })

  it('finds in the log what it has logged, whatever it has given', async () => {
    await get('/logged')
    assert.match(await server.log.until(/cannot save/), /error: RangeError: the fields are an error/)
    await server.log.until(/^ +at .*main\.js:12:/)
    assert.match(await server.log.until(/room: 5/), /\[info\] \d+#0: \{ room: 5 \}/)
    assert.match(await server.log.until(/one bad getter/), /bad: \[unreadable\], good: is kept/)
    await isAlive()
  })

  it('does not make records of megabytes', async () => {
    await get('/long')
    assert.match(await server.log.until(/of the long one/), /long x+ … \[cut: 5000005 characters\]/)
    await server.log.until(/y … \[cut: \d+ characters\].*phase: fetch/)
    for (const line of server.log.all()) assert.ok(line.length < 20_000, `${line.length} characters`)
  })

  it('may have async headers and log hooks: they are waited for, and what they throw belongs to the request', async () => {
    const reply = await get('/')
    assert.equal(reply.headers.get('x-late'), 'set after an await')
    const id = reply.headers.get('x-request-id')
    assert.match(await server.log.until(new RegExp(`Error: from the log hook.*${id}`)), /phase: log/)
  })

  it('may return any thenable from a hook of a socket', async () => {
    const client = await connectSocket(server.url.replace('http', 'ws'))
    assert.equal(await client.next(), 'open')
    client.send('x')
    assert.equal(await client.next(), 'asked for')
    assert.equal((await client.closed).code, 1011)
    assert.match(await server.log.until(/Error: of a thenable/), /phase: message/)
  })

  it('is not blamed for a client that goes away before its body is complete: that is a 499, as in nginx', async () => {
    const sent = request(`${server.url}/body`, { method: 'POST', headers: { 'content-length': '10' } })
    sent.on('error', () => {})
    sent.write('half')
    await server.log.until(/reads/)
    sent.destroy()
    assert.match(await server.log.until(/done 499.*\/body/), /aborted: true/)
    assert.ok(
      !server.log
        .all()
        .some((line) => line.includes('[error]') && line.includes('/body') && !line.includes('phase: log')),
    )
  })

  it('is not blamed when its own request ends because the client has gone', async () => {
    const silent = createServer(() => {})
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const client = new AbortController()
    const asked = fetch(`${server.url}/fetch?port=${port}`, { signal: client.signal })
    await once(silent, 'request')
    client.abort()
    await assert.rejects(asked)
    const line = await server.log.until(/done 499.*\/fetch/)
    assert.match(line, /aborted: true/)
    await isAlive()
    assert.ok(
      !server.log
        .all()
        .some((line) => line.includes('[error]') && line.includes('/fetch') && !line.includes('phase: log')),
    )
    silent.closeAllConnections()
    silent.close()
  })
})

describe('a script that exits while it is loaded', () => {
  it('is refused with its place', async () => {
    const sandbox = await createSandboxFolder({ script: '\nprocess.exit(0)' })
    const server = bootEdgeServer(sandbox.prefix)
    try {
      const message = await server.heard()
      assert.equal(message.type, 'failed')
      const { failure } = message as Extract<typeof message, { type: 'failed' }>
      assert.match(failure.message, /Cannot exit/)
      assert.equal(failure.at?.line, 2)
    } finally {
      await server.kill()
      await sandbox.remove()
    }
  })
})
