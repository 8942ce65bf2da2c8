// What the starters say while a store is away.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Answer } from './starter-accounts.ts'
import { JsonClient } from './starter-client.ts'
import { type StarterServer, startStarter } from './starter-server.ts'
import { startTestMariadb } from './starter-stores.ts'

describe('the starters while a store is away', () => {
  let folder: string
  let lonely: StarterServer
  let tester: StarterServer

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starter-'))
    const store = await startTestMariadb(join(folder, 'mysql-away'))
    const away = `redis main "unix:${join(folder, 'nowhere.sock')}" timeout=1s;`
    try {
      ;[lonely, tester] = await Promise.all([
        startStarter({
          server: 'httpserver',
          edge: `${away} mysql main "unix:${store.socket}" yard user=root timeout=1s;`,
          locations: 'location / { script src/main.ts; }',
        }),
        startStarter({
          server: 'dtserver',
          edge: away,
          locations: 'location /dt { script src/main.ts; }',
        }),
      ])
    } finally {
      await store.stop()
    }
  })

  after(async () => {
    await Promise.all([lonely?.stop(), tester?.stop()])
    await rm(folder, { recursive: true, force: true })
  })

  it('say so: 503 with what is away, and no more than that', async () => {
    const base = `http://127.0.0.1:${lonely.port}`
    const health = await fetch(`${base}/health`)
    assert.equal(health.status, 503)
    assert.deepEqual(await health.json(), { ok: false, mysql: 'unavailable', redis: 'unavailable' })
    const login = await fetch(`${base}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"ada","password":"long enough"}',
    })
    assert.equal(login.status, 503)
    assert.equal(((await login.json()) as Answer).error.code, 'store_away')
  })

  it('answer JSON-RPC with -32000', async () => {
    const client = await JsonClient.open(`ws://127.0.0.1:${tester.port}/dt`)
    client.say({ jsonrpc: '2.0', id: 1, method: 'data.get', params: { key: 'item:sword' } })
    assert.equal((await client.hear(({ id }) => id === 1)).error.code, -32000)
    await client.close()
  })
})
