import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HttpScript, SocketScript } from 'edgeyard'
import { fakeRedis, serveScript } from './testing.ts'
import type { Yard } from './types.ts'

describe('a script in a test of its author', () => {
  let yard: Yard | undefined
  afterEach(() => yard?.stop())

  it('is served by its conf, with env, dicts and variables', async () => {
    yard = await serveScript(
      { fetch: (req, ctx) => Response.json([req.params.id, ctx.env.colour, ctx.dict('d').incr('n')]) } as HttpScript,
      { conf: 'location ~ ^/(?<id>[a-z]+)$ { script src/main.ts; }', edge: 'dict d 1m;', env: { colour: 'a "b"' } },
    )
    assert.deepEqual(await (await yard.fetch('/x')).json(), ['x', 'a "b"', 1])
    assert.deepEqual(await (await yard.fetch('/x')).json(), ['x', 'a "b"', 2])
    assert.equal((await yard.fetch('/5')).status, 404)
  })

  it('is imported when it is a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'serve-script-'))
    try {
      const file = join(folder, 'main.mjs')
      await writeFile(file, 'export default { fetch: () => ({ status: 201, body: "from a file" }) }')
      yard = await serveScript(file)
      const reply = await yard.fetch('/')
      assert.deepEqual([reply.status, await reply.text()], [201, 'from a file'])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('is refused as a server would refuse it', async () => {
    await assert.rejects(serveScript({ fetsh() {} }), { code: 'SCRIPT_INVALID' })
    await assert.rejects(serveScript({ fetch() {} }, { conf: 'location / { scrypt src/main.ts; }' }), {
      code: 'CONF_INVALID',
    })
    const start = () => {
      throw new Error('no prices')
    }
    await assert.rejects(serveScript({ start, fetch() {} }), /no prices/)
  })

  it('streams bodies both ways', async () => {
    yard = await serveScript({ fetch: (req) => new Response(req.body) } as HttpScript)
    const pieces = new ReadableStream({
      start(controller) {
        for (const text of ['a', 'b']) controller.enqueue(new TextEncoder().encode(text))
        controller.close()
      },
    })
    assert.equal(await (await yard.fetch('/', { method: 'POST', body: pieces })).text(), 'ab')
  })

  it('takes sockets with protocols, headers, text and bytes, and refuses them with a status and a body', async () => {
    yard = await serveScript({
      upgrade: (req) =>
        req.header('x-key') === 'good' ? { data: undefined, protocol: 'v2' } : { status: 401, body: 'who?' },
      message(ws, data) {
        ws.send(data)
        if (data === 'end') ws.close(4000, 'as you wish')
      },
    } satisfies SocketScript<undefined>)
    await assert.rejects(yard.connect('/'), { status: 401, body: 'who?' })
    const ws = await yard.connect('/', { protocols: ['v1', 'v2'], headers: { 'x-key': 'good' } })
    assert.equal(ws.protocol, 'v2')
    ws.send(new Uint8Array([1, 2]))
    assert.deepEqual(await ws.next(), new Uint8Array([1, 2]))
    ws.send('end')
    assert.equal(await ws.next(), 'end')
    await assert.rejects(ws.next(), /closed with 4000 "as you wish"/)
    assert.deepEqual(await ws.closed, { code: 4000, reason: 'as you wish' })
  })

  it('finds its timers, its timeouts and the times of its dict at a clock that the test moves', async () => {
    const ticks: number[] = []
    yard = await serveScript(
      {
        start: (worker) => worker.every(1000, () => void ticks.push(ticks.length)),
        fetch: (req, ctx) => {
          if (req.path === '/late') return new Promise(() => ctx.log.info('waits'))
          return { body: String(ctx.dict('d').add('once', true, 5000)) }
        },
      } as HttpScript,
      { edge: 'dict d 1m;', conf: 'script_timeout 10s; location / { script src/main.ts; }' },
    )
    await yard.clock.tick(3500)
    assert.deepEqual(ticks, [0, 1, 2])
    const added = async () => (await yard!.fetch('/')).text()
    assert.deepEqual([await added(), await added()], ['true', 'false'])
    await yard.clock.tick(5000)
    assert.equal(await added(), 'true')
    const late = yard.fetch('/late')
    await yard.log.until('waits')
    await yard.clock.tick(12_000)
    assert.equal((await late).status, 504)
    await yard.log.until('"fetch" has not ended within 10000 ms')
  })

  it('has a log that names what was thrown, and stores that are missing', async () => {
    yard = await serveScript({ fetch: (_req, ctx) => ctx.redis.call('GET', 'a') as never } as HttpScript)
    assert.equal((await yard.fetch('/')).status, 500)
    const record = await yard.log.until(/This test has no redis/)
    assert.equal(record.severity, 'error')
    assert.equal(record.fields?.phase, 'fetch')
  })

  it('stops: sockets end with 1012, jobs and the stop hook have run', async () => {
    const done: string[] = []
    const here = await serveScript({
      open: (_ws, ctx) => ctx.after(async () => void done.push('job')),
      message() {},
      close: (_ws, code) => void done.push(`closed ${code}`),
      stop: (_worker, why) => void done.push(`stop ${why}`),
    } satisfies SocketScript<undefined>)
    const ws = await here.connect('/')
    await here.stop()
    assert.equal((await ws.closed).code, 1012)
    assert.deepEqual(done.sort(), ['closed 1012', 'job', 'stop quit'])
    await here.stop()
  })
})

describe('the fake Redis', () => {
  it('answers as the real one does, and records what it was asked', async () => {
    const redis = fakeRedis()
    const results: unknown[] = []
    for (const [name, ...args] of [
      ['SET', 'a', '1', 'NX'],
      ['SET', 'a', '2', 'NX'],
      ['INCRBY', 'a', 4],
      ['HSET', 'h', 'x', 1, 'y', 2],
      ['HGETALL', 'h'],
      ['SADD', 's', 'm', 'm'],
      ['RPUSH', 'l', 'p', 'q'],
      ['LRANGE', 'l', 0, -1],
      ['GETDEL', 'a'],
      ['GET', 'a'],
    ] as [string, ...(string | number)[]][]) {
      results.push(await redis.call(name, ...args))
    }
    assert.deepEqual(results, ['OK', null, 5, 2, ['x', '1', 'y', '2'], 1, 2, ['p', 'q'], '5', null])
    assert.deepEqual(redis.calls[2], ['INCRBY', 'a', 4])
    await assert.rejects(redis.call('ZADD', 'z', 1, 'm'), /knows no ZADD/)
  })

  it('publishes to who has subscribed, until they unsubscribe', async () => {
    const redis = fakeRedis()
    const heard: string[] = []
    const unsubscribe = await redis.subscribe('news', (message) => heard.push(message))
    const results = await redis.pipeline([['PUBLISH', 'news', 'one'], ['NOPE']])
    assert.equal(results[0], 1)
    assert.ok(results[1] instanceof Error)
    await unsubscribe()
    await redis.call('PUBLISH', 'news', 'two')
    assert.deepEqual(heard, ['one'])
  })
})
