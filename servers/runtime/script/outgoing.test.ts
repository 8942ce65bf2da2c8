// ctx.fetch, on a real network.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HttpScript } from 'edgeyard'
import { serveScript } from '../../testing/script/testing.ts'
import type { Yard } from '../../testing/script/types.ts'
import { traceparent } from './outgoing.ts'

describe('what a script fetches', () => {
  let server: Server
  let url: string
  let yard: Yard
  const asked: IncomingMessage[] = []
  const ports = new Set<number | undefined>()

  before(async () => {
    server = createServer((request, response) => {
      asked.push(request)
      ports.add(request.socket.remotePort)
      if (request.url === '/wait') return
      request.pipe(response)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    yard = await serveScript({
      async fetch(req, ctx) {
        const path = req.path === '/wait' ? '/wait' : '/'
        const init = { method: req.method, ...(req.body === null ? {} : { body: req.body }) }
        if (req.path === '/relative') return ctx.fetch('/x')
        if (req.path === '/many') {
          const all = Array.from({ length: 1001 }, () => ctx.fetch(`${url}/wait`, { signal: AbortSignal.timeout(1) }))
          const reasons = (await Promise.allSettled(all)).map((each) => `${(each as PromiseRejectedResult).reason}`)
          return { body: reasons.find((reason) => reason.includes('1000 replies')) ?? 'none' }
        }
        return ctx.fetch(url + path, init)
      },
    } as HttpScript)
  })
  after(async () => {
    await yard.stop()
    server.closeAllConnections()
    server.close()
  })

  it('goes with the id of its request and the trace of its client, on connections that are used again', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
    const reply = await yard.fetch('/', { headers: { traceparent: `00-${trace}-00f067aa0ba902b7-00` } })
    const [request] = asked
    assert.equal(request?.headers['x-request-id'], reply.headers.get('x-request-id'))
    assert.match(`${request?.headers.traceparent}`, new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`))
    await reply.text()
    for (let i = 0; i < 5; i++) await (await yard.fetch('/')).text()
    assert.ok(ports.size < 6, `${ports.size} connections for 6 requests`)
  })

  it('begins a trace of its own id where none came', () => {
    const id = 'a'.repeat(32)
    for (const came of [undefined, 'nonsense', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`]) {
      assert.match(traceparent({ id, traceparent: came }), /^00-a{32}-[0-9a-f]{16}-01$/)
    }
  })

  it('streams what its client sends, and back', async () => {
    const reply = await yard.fetch('/', { method: 'POST', body: 'x'.repeat(300_000) })
    assert.equal((await reply.text()).length, 300_000)
  })

  it('is given up with its client', async () => {
    const leaving = new AbortController()
    const waiting = yard.fetch('/wait', { signal: leaving.signal })
    const [request] = (await once(server, 'request')) as [IncomingMessage]
    leaving.abort()
    await assert.rejects(waiting)
    await once(request.socket, 'close')
  })

  it('must be a whole URL', async () => {
    assert.equal((await yard.fetch('/relative')).status, 500)
    await yard.log.until('ctx.call asks another location')
  })

  it('is refused when too many are waited for', async () => {
    assert.match(await (await yard.fetch('/many')).text(), /1000 replies are waited for/)
  })
})
