import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { bootEdgeServer, type EdgeServer, runEdgeServer, startEdgeServer } from '../testing/edge-server.ts'
import { createSandboxFolder, type SandboxContent, type SandboxFolder, testConf } from '../testing/sandbox-folder.ts'
import { connectSocket } from '../testing/socket-client.ts'

const SCRIPT = `
let gate
module.exports.default = {
  start(w) {
    w.ctx.log.info('start hook ' + w.exiting)
    w.every(5, (ctx) => { ctx.log.info('tick') })
  },
  async stop(w, why) {
    await new Promise(setImmediate)
    w.ctx.log.info('stop hook ' + why + ' ' + w.exiting + ' ' + [...w.sockets()].length)
  },
  fetch(req, ctx) {
    if (req.path === '/slow') return new Promise((resolve) => {
      ctx.log.info('slow began')
      gate = () => resolve({ body: 'slow done' })
      ctx.signal.addEventListener('abort', () => ctx.log.info('slow aborted'))
    })
    if (req.path === '/open') { gate(); return { body: 'opened' } }
    return { body: 'fine' }
  },
  message(ws, data) { ws.send(data) },
  close(ws, code, reason, ctx) { ctx.log.info('closed by ' + code) },
}`

describe('the life of an edge-server', () => {
  const sandboxes: SandboxFolder[] = []
  const servers: EdgeServer[] = []
  const create = async (content: SandboxContent = {}) => {
    const sandbox = await createSandboxFolder({ script: SCRIPT, ...content })
    sandboxes.push(sandbox)
    return sandbox
  }
  const start = async (content: SandboxContent = {}) => {
    const sandbox = await create(content)
    const server = await startEdgeServer(sandbox.prefix)
    servers.push(server)
    return { sandbox, server }
  }
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.kill()))
    await Promise.all(sandboxes.splice(0).map((sandbox) => sandbox.remove()))
  })

  it('is ready after the start hook, and neither listens nor ticks before it is told to', async () => {
    const sandbox = await create()
    const server = bootEdgeServer(sandbox.prefix)
    servers.push(server)
    assert.deepEqual(await server.heard(), { type: 'ready' })
    await server.log.until(/start hook false/)
    assert.ok(!existsSync(join(sandbox.prefix, 'run/server.pid')))
    assert.ok(!server.log.all().some((line) => line.includes('tick')))
    const port = await server.listen()
    assert.equal(await (await fetch(`http://127.0.0.1:${port}`)).text(), 'fine')
    await server.log.until(/tick/)
    assert.equal(readFileSync(join(sandbox.prefix, 'run/server.pid'), 'utf8'), `${server.pid}\n`)
    server.hangUp()
    assert.equal(await (await fetch(`http://127.0.0.1:${port}`)).text(), 'fine')
  })

  it('does not get ready when a timer has no function, and says where', async () => {
    const tick = '\n  start(w) { w.every(5, w.ctx.log.info("called, not given")) },'
    const server = bootEdgeServer((await create({ script: `module.exports.default = {${tick} fetch() {} }` })).prefix)
    const said = await server.heard()
    assert.equal(said.type === 'failed' && said.failure.message, 'TypeError: worker.every takes a function')
    assert.equal(said.type === 'failed' && said.failure.at?.line, 2)
    await server.ended
  })

  it('is called in its records and its pid file what its supervisor calls it', async () => {
    const sandbox = await create()
    const server = bootEdgeServer(sandbox.prefix)
    servers.push(server)
    await server.heard()
    await server.listen(4711)
    await server.log.until(/ 4711#0: listening on /)
    assert.equal(readFileSync(join(sandbox.prefix, 'run/server.pid'), 'utf8'), '4711\n')
  })

  it('ends when its supervisor goes before it was told to listen', async () => {
    const server = bootEdgeServer((await create()).prefix)
    servers.push(server)
    await server.heard()
    server.hangUp()
    assert.deepEqual(await server.ended, { code: 0, signal: null })
  })

  it('finishes what is under way on QUIT, sends sockets on with 1012, and runs stop', async () => {
    const { sandbox, server } = await start()
    const client = await connectSocket(`ws://127.0.0.1:${server.port}`)
    const slow = fetch(`${server.url}/slow`)
    await server.log.until(/slow began/)
    // A connection of its own, because the pool of fetch would wait for the slow one.
    const other = await connectSocket(`ws://127.0.0.1:${server.port}`)
    server.signal('SIGQUIT')
    assert.equal((await client.closed).code, 1012)
    assert.equal((await other.closed).code, 1012)
    server.signal('SIGTERM')
    await slow.catch(() => {})
    assert.deepEqual(await server.ended, { code: 0, signal: null })
    await server.log.until(/stop hook quit true 0/)
    assert.ok(!existsSync(join(sandbox.prefix, 'run/server.pid')))
  })

  it('waits for a slow request on QUIT', async () => {
    const { server } = await start({
      script: `module.exports.default = { async fetch(req, ctx) {
        ctx.log.info('began'); while (!globalThis.going) await new Promise(setImmediate); return { body: 'done' } },
        start(w) { process.once('SIGQUIT', () => setImmediate(() => { globalThis.going = true })) } }`,
    })
    const slow = fetch(`${server.url}/slow`)
    await server.log.until(/began/)
    server.signal('SIGQUIT')
    assert.equal(await (await slow).text(), 'done')
    assert.deepEqual(await server.ended, { code: 0, signal: null })
  })

  it('cuts what outlives worker_shutdown_timeout, and aborts its signal', async () => {
    const { server } = await start({ main: 'worker_shutdown_timeout 200ms;' })
    const slow = fetch(`${server.url}/slow`)
    await server.log.until(/slow began/)
    server.signal('SIGQUIT')
    await assert.rejects(slow)
    assert.deepEqual(await server.ended, { code: 0, signal: null })
    await server.log.until(/slow aborted/)
  })

  it('does not wait for a stop hook for ever', async () => {
    const { server } = await start({
      main: 'worker_shutdown_timeout 200ms;',
      script: 'module.exports.default = { fetch() {}, stop() { return new Promise(() => {}) } }',
    })
    server.signal('SIGQUIT')
    assert.deepEqual(await server.ended, { code: 0, signal: null })
  })

  it('closes sockets at once on TERM', async () => {
    const { server } = await start()
    const client = await connectSocket(`ws://127.0.0.1:${server.port}`)
    server.signal('SIGTERM')
    assert.equal((await client.closed).code, 1012)
    assert.deepEqual(await server.ended, { code: 0, signal: null })
    await server.log.until(/closed by 1012/)
    await server.log.until(/stop hook quit/)
  })

  it('serves on when the reader of its stderr goes', async () => {
    const { server } = await start()
    server.closeLog()
    const close = { headers: { connection: 'close' } }
    for (let i = 0; i < 20; i++) assert.equal((await fetch(server.url, close)).status, 200)
    server.signal('SIGQUIT')
    assert.deepEqual(await server.ended, { code: 0, signal: null })
  })

  it('says that its port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    try {
      const { port } = holder.address() as AddressInfo
      const sandbox = await create()
      await sandbox.write('conf/server.conf', testConf({}).replace(':0;', `:${port};`))
      const server = bootEdgeServer(sandbox.prefix)
      servers.push(server)
      await server.heard()
      await assert.rejects(server.listen(), /PORT_TAKEN/)
      assert.deepEqual(await server.ended, { code: 1, signal: null })
    } finally {
      holder.close()
    }
  })

  it('reloads on HUP: new hooks, open sockets with their data, the old stop hook', async () => {
    const { sandbox, server } = await start({
      script: `module.exports.default = { upgrade: () => ({ data: { n: 1 } }), message(ws) { ws.send('old ' + ws.data.n++) },
        fetch: () => ({ body: 'old' }), stop(w, why) { w.ctx.log.info('old stopped for ' + why) } }`,
    })
    const client = await connectSocket(`ws://127.0.0.1:${server.port}`)
    client.send('')
    assert.equal(await client.next(), 'old 1')
    await sandbox.writeScript(
      `module.exports.default = { message(ws) { ws.send('new ' + ws.data.n++) }, fetch: (r, ctx) => ({ body: 'new ' + ctx.env.v }) }`,
    )
    await sandbox.write('conf/server.conf', testConf({ server: 'location / { script src/main.ts; set $v 2; }' }))
    const { code } = await runEdgeServer(['-p', sandbox.prefix, '-s', 'reload'])
    assert.equal(code, 0)
    await server.log.until(/old stopped for reload/)
    client.send('')
    assert.equal(await client.next(), 'new 2')
    assert.equal(await (await fetch(server.url)).text(), 'new 2')
  })

  it('says which changes of a reload have to wait for a restart', async () => {
    const { sandbox, server } = await start()
    const location = 'location / { script src/main.ts; websocket_max_payload 1m; client_max_body_size 0; }'
    await sandbox.write('conf/server.conf', testConf({ edge: 'engine node;', server: location }))
    server.signal('SIGHUP')
    assert.match(await server.log.until(/reloaded/), /restart.* engine, websocket_max_payload$/)
  })

  it('keeps everything when the conf or the script of a reload is broken', async () => {
    const { sandbox, server } = await start()
    await sandbox.write('conf/server.conf', 'wörker_processes 1;')
    server.signal('SIGHUP')
    await server.log.until(/reload failed, nothing has changed/)
    await sandbox.write('conf/server.conf', testConf({}))
    await sandbox.writeScript('throw new Error("broken top level")')
    server.signal('SIGHUP')
    await server.log.until(/broken top level.*nothing has changed/)
    assert.equal(await (await fetch(server.url)).text(), 'fine')
  })
})

describe('edge-server on the command line', () => {
  let sandbox: SandboxFolder
  before(async () => {
    sandbox = await createSandboxFolder({ script: SCRIPT })
  })
  after(() => sandbox.remove())

  it('tests a conf as nginx does', async () => {
    const conf = join(sandbox.prefix, 'conf/server.conf')
    const tested = await runEdgeServer(['-p', sandbox.prefix, '-t'])
    assert.deepEqual(tested, {
      code: 0,
      stdout: '',
      stderr:
        `edge-server: the configuration file ${conf} syntax is ok\n` +
        `edge-server: configuration file ${conf} test is successful\n`,
    })
    const dumped = await runEdgeServer(['-p', sandbox.prefix, '-T'])
    assert.equal(dumped.stdout, `# configuration file ${conf}:\n${testConf({})}`)
  })

  it('shows what is wrong, with a caret, also when the release lacks a script', async () => {
    await sandbox.write('conf/bad.conf', 'worker_process 1;\n')
    const bad = await runEdgeServer(['-p', sandbox.prefix, '-c', 'conf/bad.conf', '-t'])
    assert.equal(bad.code, 1)
    assert.match(bad.stderr, /bad\.conf:1:1: .*worker_processes.*\n {2}worker_process 1;\n {2}\^/)
    await sandbox.write('conf/lacks.conf', testConf({ server: 'location / { script src/other.ts; }' }))
    const lacks = await runEdgeServer(['-p', sandbox.prefix, '-c', 'conf/lacks.conf', '-t'])
    assert.equal(lacks.code, 1)
    assert.match(
      lacks.stderr,
      /lacks\.conf:\d+:\d+: The release has no script "src\/other\.ts".*\n.*script src\/other\.ts.*\n +\^{12}\n/,
    )
  })

  it('says so when there is no server to signal', async () => {
    const { code, stderr } = await runEdgeServer(['-p', sandbox.prefix, '-s', 'quit'])
    assert.deepEqual([code, /names no process/.test(stderr)], [1, true])
  })

  it('knows its version, its options, and no others', async () => {
    assert.match((await runEdgeServer(['-v'])).stderr, /^edge-server version: edgeyard\/\d/)
    assert.match((await runEdgeServer(['-h'])).stderr, /^Usage: edge-server/)
    assert.equal((await runEdgeServer(['-x'])).code, 1)
    assert.equal((await runEdgeServer(['-s', 'harder'])).code, 1)
  })
})
