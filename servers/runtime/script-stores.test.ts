import assert from 'node:assert/strict'
import { type ServingEdgeServer, startEdgeServer } from '../testing/edge-server.ts'
import { type RedisServer, startRedis } from '../testing/redis-server.ts'
import { createSandboxFolder, type SandboxFolder } from '../testing/sandbox-folder.ts'

const SCRIPT = `
let news = []
const gate = new Promise((resolve) => { globalThis.opened = resolve })
module.exports.default = {
  async start({ ctx }) { await ctx.redis.subscribe('news', (message) => news.push(message)) },
  async fetch(req, { redis: { call }, mysql, env, log }) {
    if (req.path === '/opens') return { body: String(globalThis.opened()) }
    if (req.path === '/waits') {
      log.info('waits')
      await gate
      return { body: await call('ECHO', 'still there') }
    }
    if (req.path === '/mysql') return Response.json(await mysql.query('SELECT 1'))
    if (req.path === '/wrong') return Response.json(await call('INCR', 'text'))
    await call('SET', 'text', 'stored')
    await call('PUBLISH', 'news', 'one')
    while (news.length === 0) await new Promise(setImmediate)
    return Response.json([await call('GET', 'text'), news])
  },
}`

describe('the stores of a script', () => {
  let redis: RedisServer
  let sandbox: SandboxFolder
  let server: ServingEdgeServer

  before(async () => {
    redis = await startRedis('secret')
    sandbox = await createSandboxFolder({
      script: SCRIPT,
      edge: `redis main 127.0.0.1:${redis.port} password=secret; mysql main unix:/nonexistent/mysql.sock test;`,
    })
    server = await startEdgeServer(sandbox.prefix)
  })
  after(async () => {
    await server.kill()
    await redis.stop()
    await sandbox.remove()
  })

  it('stay with a request that is under way while the server reloads', async () => {
    const waiting = fetch(`${server.url}/waits`)
    await server.log.until(/waits/)
    // The new module would have a gate of its own.
    await sandbox.writeScript(SCRIPT.replace('globalThis.opened = resolve', ''))
    server.signal('SIGHUP')
    await server.log.until(/reloaded/)
    await fetch(`${server.url}/opens`)
    assert.equal(await (await waiting).text(), 'still there')
  })

  it('are reached by the conf, in every hook', async () => {
    assert.deepEqual(await (await fetch(server.url)).json(), ['stored', ['one']])
  })

  it("show the script's line when a command fails, and the store when it is away", async () => {
    assert.equal((await fetch(`${server.url}/wrong`)).status, 500)
    await server.log.until(/ERR value is not an integer/)
    await server.log.until(/^ +at .*build\/src\/main\.js:14:/)
    assert.equal((await fetch(`${server.url}/mysql`)).status, 500)
    const line = await server.log.until(/STORE_UNAVAILABLE/)
    assert.ok(line.includes('Cannot use MySQL at /nonexistent/mysql.sock: connect ENOENT'), line)
  })

  it('do not hold the server when it stops', async () => {
    server.signal('SIGTERM')
    assert.deepEqual(await server.ended, { code: 0, signal: null })
  })
})
