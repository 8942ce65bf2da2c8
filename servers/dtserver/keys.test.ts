// The methods for one key as their author would test them: on edgeyard/testing, with a Redis in memory.
import assert from 'node:assert/strict'
import { fakeRedis, serveScript } from '../testing/script/testing.ts'
import script from './starter/src/main.ts'

describe('the game data', () => {
  it('are written, checked, read and deleted over one socket', async () => {
    const redis = fakeRedis()
    const yard = await serveScript(script, { redis })
    try {
      const ws = await yard.connect('/')
      let id = 0
      const call = async (method: string, params: object) => {
        ws.send(JSON.stringify({ jsonrpc: '2.0', method, params, id: ++id }))
        const { result, error } = JSON.parse(`${await ws.next()}`)
        return result ?? error.code
      }
      const value = { name: 'Sword', price: 120 }
      assert.deepEqual(await call('data.put', { key: 'item:sword', value }), { key: 'item:sword' })
      assert.deepEqual(await call('data.get', { key: 'item:sword' }), { key: 'item:sword', value, ttl: null })
      assert.ok((await call('data.put', { key: 'item:sword', value: { name: 5 } })) < 0)
      assert.deepEqual(await call('data.delete', { key: 'item:sword' }), { key: 'item:sword' })
      assert.ok((await call('data.get', { key: 'item:sword' })) < 0)
      assert.deepEqual(
        redis.calls.map(([command]) => command),
        ['SET', 'GET', 'TTL', 'DEL', 'GET', 'TTL'],
      )
    } finally {
      await yard.stop()
    }
  })
})
