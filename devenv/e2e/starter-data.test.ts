// The dtserver starter as data_tester meets it: a real edge-server and Redis.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Answer } from './starter-accounts.ts'
import { JsonClient } from './starter-client.ts'
import { type StarterServer, startStarter } from './starter-server.ts'
import { startTestRedis, type TestStore } from './starter-stores.ts'

describe('the dtserver starter', () => {
  let folder: string
  let redis: TestStore
  let server: StarterServer
  let client: JsonClient
  let raw: Redis
  let id = 0

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starter-'))
    redis = await startTestRedis(join(folder, 'redis'))
    server = await startStarter({
      server: 'dtserver',
      edge: `redis main "unix:${redis.socket}";`,
      locations: 'location /dt { script src/main.ts; }',
    })
    raw = new Redis(redis.socket)
    client = await JsonClient.open(`ws://127.0.0.1:${server.port}/dt`)
  })

  after(async () => {
    await client?.close()
    raw?.disconnect()
    await server?.stop()
    await redis?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  beforeEach(() => call('data.reset'))

  async function ask(method: string, params?: unknown): Promise<Answer> {
    id++
    client.say({ jsonrpc: '2.0', id, method, params })
    return await client.hear((message) => message.id === id)
  }

  async function call(method: string, params?: unknown): Promise<Answer> {
    const { result, error } = await ask(method, params)
    assert.equal(error, undefined, JSON.stringify(error))
    return result
  }

  const errorOf = async (method: string, params?: unknown) => (await ask(method, params)).error

  it('reads, writes and deletes a key', async () => {
    const value = { name: 'Axe', price: 70 }
    assert.deepEqual(await call('data.put', { key: 'item:axe', value, ttl: 100 }), { key: 'item:axe' })
    const read = await call('data.get', ['item:axe'])
    assert.deepEqual(read.value, value)
    assert.ok(read.ttl > 0 && read.ttl <= 100)
    assert.equal(await raw.get('game:item:axe'), JSON.stringify(value))
    await call('data.delete', { key: 'item:axe' })
    assert.deepEqual(await errorOf('data.get', { key: 'item:axe' }), {
      code: -32001,
      message: 'Not found',
      data: { key: 'item:axe' },
    })
    assert.equal((await errorOf('data.delete', { key: 'item:axe' })).code, -32001)
  })

  it('lists keys by prefix, in steps, each key once', async () => {
    await raw.mset(Array.from({ length: 1200 }, (_, n) => [`game:item:n${n}`, '{"name":"N","price":1}']).flat())
    const keys: string[] = []
    let cursor: string | null | undefined
    let steps = 0
    while (cursor !== null) {
      const page = await call('data.list', { prefix: 'item:n', limit: 200, ...(cursor ? { cursor } : {}) })
      keys.push(...page.keys)
      cursor = page.cursor
      steps++
    }
    assert.ok(steps > 1)
    assert.equal(new Set(keys).size, 1200)
    assert.deepEqual((await call('data.list', { prefix: 'hero:*' })).keys, [], 'a star is a star')
  })

  it('resets game data to the seed and touches nothing else', async () => {
    await raw.set('session:x', 'kept')
    await raw.set('game:item:extra', '{}')
    const { deleted, written } = await call('data.reset')
    assert.equal(deleted, written + 1)
    assert.equal(await raw.get('session:x'), 'kept')
    assert.deepEqual(await call('data.check'), { ok: true, checked: written, complete: true, faults: [] })
  })

  it('finds each fault of the stored data', async () => {
    await raw.set('game:item:bad', '{"name":"Bad","price":-1}')
    await raw.set('game:hero:text', 'not json')
    await raw.rpush('game:item:list', 'x')
    await raw.set('game:dragon:smaug', '{}')
    const { ok, complete, faults } = await call('data.check')
    assert.deepEqual([ok, complete], [false, true])
    assert.deepEqual(faults.map(({ key, fault }: Answer) => `${key}: ${fault}`).sort(), [
      'dragon:smaug: the key must begin with one of "hero:", "building:", "item:"',
      'hero:text: it is not JSON',
      'item:bad: "price" must be a whole number from 0 to 1000000',
      'item:list: it is not stored as a string',
    ])
    assert.equal((await errorOf('data.get', { key: 'item:list' })).code, -32003)
    assert.equal((await errorOf('data.get', { key: 'hero:text' })).code, -32003)
  })

  it('writes nothing that fails its check, and says why', async () => {
    const error = await errorOf('data.put', { key: 'item:x', value: { name: 'X', price: 'free' } })
    assert.equal(error.code, -32002)
    assert.deepEqual(error.data.faults, ['"price" must be a whole number from 0 to 1000000'])
    assert.equal(await raw.exists('game:item:x'), 0)
  })

  const wrong: [string, unknown, number][] = [
    ['data.get', {}, -32602],
    ['data.get', { key: 'a\u0000' }, -32602],
    ['data.get', { key: 'x'.repeat(201) }, -32602],
    ['data.get', { kee: 'x' }, -32602],
    ['data.put', { key: 'item:x' }, -32602],
    ['data.put', { key: 'item:x', value: {}, ttl: 0 }, -32602],
    ['data.list', { limit: 501 }, -32602],
    ['data.list', { cursor: 'x' }, -32602],
    ['data.drop', {}, -32601],
    ['rpc.describe', { method: 'constructor' }, -32602],
  ]
  for (const [method, params, code] of wrong) {
    it(`answers ${method} ${JSON.stringify(params).slice(0, 40)} with ${code}`, async () => {
      assert.equal((await errorOf(method, params)).code, code)
    })
  }

  it('describes itself', async () => {
    const methods = await call('rpc.methods')
    for (const method of methods) assert.equal((await call('rpc.describe', { method })).method, method)
  })

  it('answers a batch in one frame, a notification not at all, and broken JSON by the book', async () => {
    client.say([
      { jsonrpc: '2.0', id: 'a', method: 'data.get', params: { key: 'item:sword' } },
      { jsonrpc: '2.0', method: 'data.delete', params: { key: 'item:sword' } },
      { jsonrpc: '2.0', id: 'b', method: 'data.get', params: { key: 'item:sword' } },
    ])
    const batch = await client.hear(Array.isArray)
    assert.deepEqual(
      batch.map(({ id: of, error }: Answer) => [of, error?.code]),
      [
        ['a', undefined],
        ['b', -32001],
      ],
    )
    client.say('{"jsonrpc":')
    assert.equal((await client.hear(({ error }) => error)).error.code, -32700)
  })
})
