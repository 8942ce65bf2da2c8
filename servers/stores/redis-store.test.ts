import assert from 'node:assert/strict'
import { isEdgeyardError } from '../contract/errors.ts'
import type { Entry } from '../log/logger.ts'
import { type RedisServer, startRedis } from '../testing/redis-server.ts'
import { createStores, type Stores } from './create-stores.ts'

const CALLER = { id: 'r1' }

describe('ctx.redis', () => {
  let redis: RedisServer
  let stores: Stores
  const open = (address: { host: string; port: number } | { path: string }, password = 'secret', timeoutMs = 5000) =>
    createStores({ redis: [{ name: 'main', address, password, timeoutMs, slowMs: 0 }], mysql: [] })

  before(async () => {
    redis = await startRedis('secret')
    stores = open({ host: '127.0.0.1', port: redis.port })
  })
  after(async () => {
    await stores.close()
    await redis.stop()
  })

  it('sends commands, with bytes too, and gets their replies', async () => {
    const { call } = stores.redis(CALLER)
    assert.equal(await call('SET', 'key', 'value', 'EX', 60), 'OK')
    assert.equal(await call('GET', 'key'), 'value')
    assert.equal(await call('get', 'missing'), null)
    assert.equal(await call('SETRANGE', 'bytes', 0, new Uint8Array([65, 66])), 2)
    assert.deepEqual(await call('MGET', 'key', 'bytes'), ['value', 'AB'])
    await call('HSET', 'hash', 'a', 1, 'b', 2)
    assert.deepEqual(await call('HGETALL', 'hash'), ['a', '1', 'b', '2'])
  })

  it('sends many at once over one connection', async () => {
    const replies = await Promise.all(Array.from({ length: 2000 }, () => stores.redis(CALLER).call('INCR', 'counter')))
    assert.deepEqual(
      replies,
      Array.from({ length: 2000 }, (_, index) => index + 1),
    )
    const clients = String(await stores.redis(CALLER).call('CLIENT', 'LIST'))
      .trim()
      .split('\n')
    assert.equal(clients.length, 1)
  })

  it('runs a pipeline in one go, transactions included, and leaves errors in their place', async () => {
    const results = await stores.redis(CALLER).pipeline([
      ['SET', 'text', 'abc'],
      ['INCR', 'text'],
      ['GET', 'text'],
    ])
    assert.deepEqual([results[0], results[2]], ['OK', 'abc'])
    assert.match(String(results[1]), /not an integer/)
    assert.deepEqual(await stores.redis(CALLER).pipeline([['MULTI'], ['INCR', 'tx'], ['EXEC']]), ['OK', 'QUEUED', [1]])
    assert.deepEqual(await stores.redis(CALLER).pipeline([]), [])
  })

  it("rejects with Redis's own error, and the caller's stack", async () => {
    async function callerOfRedis() {
      await stores.redis(CALLER).call('INCR', 'hash')
    }
    await assert.rejects(callerOfRedis(), (error: Error) => {
      assert.match(error.message, /^WRONGTYPE/)
      assert.match(error.stack!, /callerOfRedis/)
      return true
    })
  })

  for (const command of ['SUBSCRIBE', 'blpop', 'MULTI', 'SELECT', 'MONITOR']) {
    it(`refuses ${command}, which would harm everybody on the connection`, async () => {
      await assert.rejects(stores.redis(CALLER).call(command, 'x'), /Cannot send .* over the shared connection/)
    })
  }

  it('hands messages to every subscriber of a channel until it leaves', async () => {
    const got: string[] = []
    let told = () => {}
    const until = (count: number) =>
      new Promise<void>((resolve) => {
        told = () => got.length >= count && resolve()
        told()
      })
    const on = (name: string) => (message: string) => {
      got.push(`${name} ${message}`)
      told()
    }
    const { subscribe, call } = stores.redis(CALLER)
    const leaveA = await subscribe('news', on('a'))
    const leaveB = await subscribe('news', on('b'))
    await subscribe('other', on('c'))
    assert.equal(await call('PUBLISH', 'news', '1'), 1, 'one connection for all')
    await until(2)
    await leaveA()
    await call('PUBLISH', 'news', '2')
    await until(3)
    await leaveB()
    await leaveB()
    assert.equal(await call('PUBLISH', 'news', '3'), 0)
    await call('PUBLISH', 'other', '4')
    await until(4)
    assert.deepEqual(got, ['a 1', 'b 1', 'b 2', 'c 4'])
  })

  it('is back by itself after Redis was, subscriptions too', async () => {
    let heard = (_message: string) => {}
    const message = new Promise<string>((resolve) => {
      heard = resolve
    })
    await stores.redis(CALLER).subscribe('again', (text) => heard(text))
    await stores.redis(CALLER).call('SET', 'before', '1')
    await redis.restart()
    // The first command may meet the moment in which the connection breaks.
    await untilResolves(() => stores.redis(CALLER).call('SET', 'after', '1'))
    await untilResolves(async () => {
      if ((await stores.redis(CALLER).call('PUBLISH', 'again', 'hello')) === 0) throw new Error('not subscribed yet')
    })
    assert.equal(await message, 'hello')
  })

  it('says which Redis is away, whether nobody listens, the password is wrong, or no answer comes', async () => {
    const port = await redis.freePort()
    for (const [away, where] of [
      [open({ host: '127.0.0.1', port }), `127.0.0.1:${port}: connect ECONNREFUSED`],
      [open({ path: '/nonexistent/redis.sock' }), '/nonexistent/redis.sock'],
      [open({ host: '127.0.0.1', port: redis.port }, 'wrong'), `127.0.0.1:${redis.port}`],
    ] as const) {
      try {
        for (const use of [() => away.redis(CALLER).call('PING'), () => away.redis(CALLER).subscribe('x', () => {})]) {
          await assert.rejects(use(), (error: Error) => {
            assert.ok(isEdgeyardError(error) && error.code === 'STORE_UNAVAILABLE', String(error))
            assert.ok(error.message.includes(where), error.message)
            return true
          })
        }
      } finally {
        await away.close()
      }
    }
  })

  it('does not wait for an answer for ever', async () => {
    const slow = open({ host: '127.0.0.1', port: redis.port }, 'secret', 100)
    try {
      await slow.redis(CALLER).call('PING')
      await redis.paused(() => assert.rejects(slow.redis(CALLER).call('PING'), { code: 'STORE_UNAVAILABLE' }))
    } finally {
      await slow.close()
    }
  })

  it('refuses when too much is under way', async () => {
    const commands = Array.from({ length: 12_000 }, () =>
      stores
        .redis(CALLER)
        .call('PING')
        .catch((error) => error.code),
    )
    const answers = await Promise.all(commands)
    assert.deepEqual([...new Set(answers)].sort(), ['PONG', 'STORE_BUSY'])
  })

  it('keeps the order of commands and pipelines that are sent together, and the error of one from the others', async () => {
    const { call, pipeline } = stores.redis(CALLER)
    await call('SET', 'order', '')
    const replies = await Promise.allSettled([
      call('APPEND', 'order', 'a'),
      pipeline([['APPEND', 'order', 'b']]),
      call('INCR', 'order'),
      call('APPEND', 'order', 'c'),
    ])
    assert.deepEqual(
      replies.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    )
    assert.equal(await call('GET', 'order'), 'abc')
  })

  it('keeps the order of texts, bytes, numbers and long texts of one turn', async () => {
    const { call, pipeline } = stores.redis(CALLER)
    await call('SET', 'kinds', '')
    const long = 'é'.repeat(70_000)
    await Promise.all([
      call('APPEND', 'kinds', 'a'),
      call('append', 'kinds', Buffer.from('b')),
      call('APPEND', 'kinds', 3),
      call('APPEND', 'kinds', long),
      pipeline([['APPEND', 'kinds', 'd']]),
      call('APPEND', 'kinds', 'e'),
    ])
    assert.equal(await call('GET', 'kinds'), `ab3${long}de`)
    assert.deepEqual(await call('EVAL', "return {1, 'two', {redis.status_reply('three'), false}}", 0), [
      1,
      'two',
      ['three', null],
    ])
  })

  it('logs a slow command with its request and key, without its values', async () => {
    const entries: Entry[] = []
    const conf = { name: 'main', address: { host: '127.0.0.1', port: redis.port }, password: 'secret', timeoutMs: 5000 }
    const slow = createStores(
      { redis: [{ ...conf, slowMs: 0.001 }], mysql: [] },
      { write: (entry) => entries.push(entry) },
    )
    try {
      await slow.redis({ id: 'r2' }).call('set', 'slow', 'private')
      await slow.redis({ id: 'r3' }).pipeline([
        ['GET', 'slow'],
        ['GET', 'other'],
      ])
    } finally {
      await slow.close()
    }
    assert.deepEqual(
      entries.map(({ severity, request, fields }) => [severity, request, fields?.command, fields?.key]),
      [
        ['warn', 'r2', 'SET', 'slow'],
        ['warn', 'r3', 'pipeline of 2', 'slow'],
      ],
    )
    assert.match(entries[0]!.message, /^Redis at 127\.0\.0\.1:\d+ was slow: \d+ ms$/)
  })

  it('says so when the conf has none, and after it was closed', async () => {
    const none = createStores({ redis: [], mysql: [] })
    await assert.rejects(none.redis(CALLER).call('PING'), {
      code: 'STORE_UNAVAILABLE',
      message: /its conf has no "redis main/,
    })
    const closed = open({ host: '127.0.0.1', port: redis.port })
    await closed.redis(CALLER).call('PING')
    await closed.close()
    await assert.rejects(closed.redis(CALLER).call('PING'), { code: 'STORE_UNAVAILABLE', message: /has stopped/ })
  })
})

async function untilResolves(use: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await use()
      return
    } catch {
      await new Promise(setImmediate)
    }
  }
}
