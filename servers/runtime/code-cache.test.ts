import assert from 'node:assert/strict'
import { type ServingEdgeServer, startEdgeServer } from '../testing/edge-server.ts'
import { createSandboxFolder, type SandboxFolder } from '../testing/sandbox-folder.ts'
import { connectSocket } from '../testing/socket-client.ts'

/** Counts its modules that are alive: a finaliser tells of each that was collected. */
const COUNTING = `
globalThis.made = (globalThis.made ?? 0) + 1
globalThis.collected ??= new FinalizationRegistry(() => { globalThis.freed = (globalThis.freed ?? 0) + 1 })
const kept = new Array(1000).fill(0)
globalThis.collected.register(kept, undefined)
let calls = 0
module.exports.default = {
  fetch(req) {
    if (req.path === '/freed') { require('node:v8').setFlagsFromString('--expose-gc'); require('node:vm').runInNewContext('gc')() }
    return Response.json({ calls: ++calls, made: globalThis.made, freed: globalThis.freed ?? 0, kept: kept.length })
  },
  message(ws) { ws.send(String(++calls)) },
}`

const counting = (name: string, hooks = '') => `
let calls = 0
module.exports.default = {
  fetch: () => ({ body: '${name} ' + ++calls }),
  upgrade: () => ({ data: { n: 0 } }),
  message(ws, data) { ws.send('${name} ' + ++ws.data.n) },
  ${hooks}
}`

describe('code_cache', () => {
  let sandbox: SandboxFolder
  let server: ServingEdgeServer
  const start = async (codeCache: string, script: string) => {
    sandbox = await createSandboxFolder({ script, edge: `code_cache ${codeCache};` })
    server = await startEdgeServer(sandbox.prefix)
  }
  const text = async (path = '/') => (await fetch(server.url + path)).text()
  /** Asks until the answer is this one: a changed file is looked at once in a while. */
  const untilText = async (wanted: RegExp) => {
    for (;;) {
      const got = await text()
      if (wanted.test(got)) return got
    }
  }
  afterEach(async () => {
    await server.kill()
    await sandbox.remove()
  })

  it('on: keeps the module, whatever happens to the file', async () => {
    await start('on', counting('first'))
    assert.equal(await text(), 'first 1')
    await sandbox.writeScript(counting('second'))
    assert.equal(await text(), 'first 2')
  })

  it('off: runs a fresh module for each request and each socket, and leaks none', async () => {
    await start('off', COUNTING)
    const ask = async (path: string) => JSON.parse(await text(path)) as Record<string, number>
    for (let i = 0; i < 200; i++) assert.equal((await ask('/')).calls, 1)
    const [a, b] = await Promise.all([1, 2].map(() => connectSocket(`ws://127.0.0.1:${server.port}`)))
    a!.send('')
    b!.send('')
    assert.deepEqual(await Promise.all([a!.next(), b!.next()]), ['1', '1'])
    a!.send('')
    assert.equal(await a!.next(), '2')
    a!.close()
    b!.close()
    let state = await ask('/freed')
    // A finaliser runs some turns after the collection.
    while (state.freed! < 200) state = await ask('/freed')
    assert.ok(state.made! >= 204)
  })

  it('off: a fresh module finds the sockets of those before it', async () => {
    await start(
      'off',
      'module.exports.default = { fetch: (_, ctx) => ({ body: String([...ctx.sockets()].length) }), message() {} }',
    )
    const clients = await Promise.all([1, 2].map(() => connectSocket(`ws://127.0.0.1:${server.port}`)))
    assert.equal(await text(), '2')
    for (const client of clients) client.close()
  })

  it('off: a changed file is live, a broken one keeps the last good code', async () => {
    await start('off', counting('first'))
    await sandbox.writeScript('let x = ;')
    await untilLogged(/SyntaxError.*the last good code serves on/)
    assert.equal(await text(), 'first 1')
    await sandbox.writeScript(counting('second'))
    assert.equal(await untilText(/second/), 'second 1')
  })

  it('stat: a changed file is live on the next event, and open sockets keep their data', async () => {
    await start('stat', counting('first', 'stop(w, why) { w.ctx.log.info("first stopped for " + why) }'))
    const client = await connectSocket(`ws://127.0.0.1:${server.port}`)
    client.send('')
    assert.equal(await client.next(), 'first 1')
    assert.equal(await text(), 'first 1')
    assert.equal(await text(), 'first 2')
    await sandbox.writeScript(counting('second', 'start(w) { w.every(5, (ctx) => ctx.log.info("second ticks")) }'))
    assert.equal(await untilText(/second/), 'second 1')
    client.send('')
    assert.equal(await client.next(), 'second 2')
    await server.log.until(/first stopped for reload/)
    await server.log.until(/second ticks/)
    client.close()
  })

  it('stat: a broken file, or a start that rejects, keeps the last good code', async () => {
    await start('stat', counting('first'))
    for (const [broken, message] of [
      ['let x = ;', /SyntaxError/],
      ['throw new Error("top level")', /top level/],
      [counting('second', 'async start() { throw new Error("no start") }'), /no start/],
    ] as const) {
      await sandbox.writeScript(broken)
      assert.match(await untilLogged(message), /the last good code serves on/)
      assert.match(await text(), /^first /)
    }
    await sandbox.writeScript(counting('third', 'async start() {}'))
    assert.equal(await untilText(/third/), 'third 1')
  })

  /** Requests are what makes the server look at the file. */
  async function untilLogged(pattern: RegExp): Promise<string> {
    const line = server.log.until(pattern)
    let found = false
    void line.then(() => {
      found = true
    })
    while (!found) await text()
    return line
  }
})
