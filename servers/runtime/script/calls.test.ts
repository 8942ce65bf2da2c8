// ctx.call and ctx.exec: other locations of the same server.
import assert from 'node:assert/strict'
import type { Context, EdgeRequest, HttpScript, Reply } from 'edgeyard'
import { serveScript } from '../../testing/script/testing.ts'
import type { ServeOptions, Yard } from '../../testing/script/types.ts'

type Route = (req: EdgeRequest, ctx: Context) => Reply | Promise<Reply>

describe('a request inside a server', () => {
  let yard: Yard | undefined
  afterEach(() => yard?.stop())

  /** Routes by path; what has none gets 404. */
  const routes = async (all: Record<string, Route>, options?: ServeOptions, hooks: Partial<HttpScript> = {}) => {
    const fetch: Route = (req, ctx) => all[req.path]?.(req, ctx) ?? { status: 404, body: `no ${req.path}` }
    yard = await serveScript({ fetch, ...hooks } as HttpScript, options)
    return yard
  }
  const text = async (path: string, init?: RequestInit) => (await yard!.fetch(path, init)).text()

  describe('by ctx.call', () => {
    it('has the same id, its own method, query, headers and body, and streams its reply', async () => {
      await routes({
        '/': async (_req, ctx) => {
          const init = { method: 'post', headers: { 'x-a': '1' }, body: 'sent' }
          const reply = await ctx.call('/inner?q=2', init)
          return Response.json([ctx.id, reply.status, reply.headers.get('x-b'), await reply.json()])
        },
        '/inner': async (req, ctx) =>
          new Response(
            JSON.stringify([
              ctx.id,
              req.method,
              req.query.get('q'),
              req.header('x-a'),
              req.header('x-own'),
              await req.text(),
            ]),
            { status: 201, headers: { 'x-b': '2' } },
          ),
      })
      const [id, status, header, inner] = JSON.parse(await text('/', { headers: { 'x-own': 'of the client' } }))
      assert.deepEqual([status, header], [201, '2'])
      assert.deepEqual(inner, [id, 'POST', '2', '1', null, 'sent'])
    })

    it('reaches internal locations, `return`, and nothing that is not there', async () => {
      const conf = `location / { script src/main.ts; }
        location /secret { internal; return 200 "inside"; }
        location /none { return 404; }`
      await routes(
        {
          '/': async (_req, ctx) =>
            Response.json([await (await ctx.call('/secret')).text(), (await ctx.call('/none')).status]),
        },
        { conf },
      )
      assert.equal((await yard!.fetch('/secret')).status, 404)
      assert.deepEqual(JSON.parse(await text('/')), ['inside', 404])
    })

    it('is not asked by access, limits and log again, but headers sees it', async () => {
      const seen: string[] = []
      await routes(
        { '/': async (_req, ctx) => ctx.call('/inner'), '/inner': () => ({ body: 'in' }) },
        { conf: 'location / { script src/main.ts; } location /inner { deny all; script src/main.ts; }' },
        {
          access: (req) => void seen.push(`access ${req.path}`),
          headers: (res) => res.headers.append('x-times', 'h'),
          log: (done) => void seen.push(`log ${done.status}`),
        },
      )
      const reply = await yard!.fetch('/')
      assert.deepEqual([await reply.text(), reply.headers.get('x-times')], ['in', 'h, h'])
      assert.equal((await yard!.fetch('/inner')).status, 403)
      assert.deepEqual(seen.slice(0, 2), ['access /', 'log 200'])
    })

    it('answers what the other throws as the other would, and logs it with the same id', async () => {
      await routes({
        '/': async (_req, ctx) => ({ body: `got ${(await ctx.call('/inner')).status}` }),
        '/inner': () => {
          throw new Error('inside')
        },
      })
      const reply = await yard!.fetch('/')
      assert.equal(await reply.text(), 'got 500')
      assert.equal((await yard!.log.until('inside')).request, reply.headers.get('x-request-id'))
    })

    it('streams no faster than it is read, and is over when nobody reads on', async () => {
      let given = 0
      let ended = false
      await routes({
        '/': async (_req, ctx) => {
          const reader = (await ctx.call('/inner')).body!.getReader()
          await reader.read()
          await reader.cancel()
          return { body: `${given} ${ended}` }
        },
        '/inner': () => ({
          body: (async function* () {
            try {
              for (;;) {
                given++
                yield 'piece'
              }
            } finally {
              ended = true
            }
          })(),
        }),
      })
      assert.equal(await text('/'), '1 true')
    })

    it("may send a stream, which is bounded as a client's body is", async () => {
      await routes(
        {
          '/': async (req, ctx) =>
            ctx.call('/inner', { method: 'POST', body: req.body!, duplex: 'half' } as RequestInit),
          '/inner': async (req) => ({ body: `${(await req.text()).length}` }),
        },
        {
          conf: 'location / { client_max_body_size 0; script src/main.ts; } location /inner { client_max_body_size 10; script src/main.ts; }',
        },
      )
      assert.equal(await text('/', { method: 'POST', body: '12345' }), '5')
      assert.equal((await yard!.fetch('/', { method: 'POST', body: 'x'.repeat(50) })).status, 413)
    })

    it('ends in an error when it goes in circles', async () => {
      let deepest = 0
      await routes({
        '/': async (req, ctx) => {
          const depth = Number(req.query.get('depth') ?? 0)
          deepest = Math.max(deepest, depth)
          return ctx.call(`/?depth=${depth + 1}`)
        },
      })
      assert.equal((await yard!.fetch('/')).status, 500)
      assert.equal(deepest, 50)
      await yard!.log.until('50 calls are inside each other already')
    })

    it('says what is no path, and that a timer has no request', async () => {
      await routes({ '/': (_req, ctx) => ctx.call('http://a.test/') }, undefined, {
        start: (worker) => worker.every(10, async (ctx) => void (await ctx.call('/'))),
      })
      assert.equal((await yard!.fetch('/')).status, 500)
      await yard!.log.until('must begin with "/"')
      await yard!.clock.tick(10)
      await yard!.log.until('there is no request')
    })

    it('works from the hooks of a socket', async () => {
      yard = await serveScript({
        fetch: (req: EdgeRequest) => ({ body: `said ${req.query.get('what')}` }),
        async message(ws: { send(text: string): void }, data: string, ctx: Context) {
          ws.send(await (await ctx.call(`/?what=${data}`)).text())
        },
      })
      const ws = await yard.connect('/')
      ws.send('hi')
      assert.equal(await ws.next(), 'said hi')
    })
  })

  describe('by ctx.exec', () => {
    it('goes on in a named location with the body that was read', async () => {
      const conf = 'location / { script src/main.ts; } location @other { set $named yes; script src/main.ts; }'
      yard = await serveScript(
        {
          async fetch(req, ctx) {
            const body = await req.text()
            return ctx.env.named === 'yes' ? { body: `${req.path} ${body}` } : ctx.exec('@other')
          },
        } as HttpScript,
        { conf },
      )
      assert.equal(await text('/path', { method: 'POST', body: 'kept' }), '/path kept')
    })

    it('may come from access, error and a filter of paths, and sees path and query anew', async () => {
      await routes(
        {
          '/page': (req) => ({ body: `page ${req.query.get('id')} ${req.url.endsWith('/start?x=1')}` }),
          '/throws': () => {
            throw new Error('no page')
          },
        },
        undefined,
        {
          access: (req, ctx) => (req.path === '/start' ? ctx.exec('/page?id=3') : undefined),
          error: (_error, ctx) => ctx.exec('/page?id=4'),
        },
      )
      assert.equal(await text('/start?x=1'), 'page 3 true')
      assert.equal(await text('/throws'), 'page 4 false')
    })

    it('ends with 500 when it goes in circles, and with 404 where no such name is', async () => {
      await routes({ '/': (_req, ctx) => ctx.exec('/'), '/named': (_req, ctx) => ctx.exec('@nobody') })
      assert.equal((await yard!.fetch('/')).status, 500)
      assert.equal((await yard!.fetch('/named')).status, 404)
      await yard!.log.until('internal redirection cycle')
    })
  })
})
