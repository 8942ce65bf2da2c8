import assert from 'node:assert/strict'
import { type ServingEdgeServer, startEdgeServer } from '../../testing/edge-server.ts'
import { createSandboxFolder, type SandboxFolder } from '../../testing/sandbox-folder.ts'
import { connectSocket } from '../../testing/socket-client.ts'

/** To read it takes several times the limit. */
const LARGE_MAP = JSON.stringify({ version: 3, sources: ['main.ts'], names: [], mappings: 'AAAA;'.repeat(2_000_000) })

/** The loops stand in lines of their own: their records have to name them. */
const SCRIPT = `const forever = () => { while (true) {} }
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const turn = () => new Promise((resolve) => setImmediate(resolve))
const loops = {
  plain: () => forever(),
  caught: () => { for (;;) { try { forever() } catch {} finally { forever() } } },
  pattern: () => /^(a+)+$/.test('a'.repeat(50) + 'b'),
  async later() { await pause(5); forever() },
  async patternLater() { await pause(5); /^(a+)+$/.test('a'.repeat(50) + 'b') },
  async starve() { for (;;) await null },
  timer: () => { setTimeout(forever, 5) },
  rejected: () => Promise.reject(new Error('plain error')),
}
let ticks = 0
module.exports.default = {
  start(worker) {
    worker.every(20, () => { if (++ticks === loopAt) { loopAt = -1; forever() } })
  },
  async fetch(req, ctx) {
    if (req.path === '/every') { loopAt = ticks + 1; return {} }
    if (req.path === '/ticks') return { body: String(ticks) }
    await loops[req.path.slice(1)]?.(ctx)
    return { body: 'fine' }
  },
  upgrade(req) { if (req.path === '/upgrade') forever(); return { data: req.path } },
  open(ws) { if (ws.data === '/open') forever(); ws.send('open') },
  async message(ws, data, ctx) {
    await loops[data]?.(ctx)
    ws.send('echo ' + data)
  },
  close(ws, code, reason, ctx) { ctx.log.info('closed ' + ws.data) },
}
let loopAt = -1
`

for (const engine of ['uws', 'node'] as const) {
  describe(`cpu_limit (${engine})`, () => {
    let sandbox: SandboxFolder
    let server: ServingEdgeServer
    const ws = () => server.url.replace('http', 'ws')
    const recordsOf = (id: string) =>
      server.log.all().filter((line) => line.includes(id) && line.includes('SCRIPT_CPU_LIMIT'))

    before(async () => {
      sandbox = await createSandboxFolder({ script: SCRIPT, edge: `engine ${engine}; cpu_limit 50ms 150ms;` })
      server = await startEdgeServer(sandbox.prefix)
    })
    after(async () => {
      await server.kill()
      await sandbox.remove()
    })

    for (const [path, line] of [
      ['plain', 1],
      ['caught', 1],
      ['pattern', 7],
      ['later', 1],
    ] as const) {
      it(`stops a request that never ends (${path}), answers it with 500, and names the line in one record`, async () => {
        const other = await connectSocket(ws())
        assert.equal(await other.next(), 'open')
        const reply = await fetch(`${server.url}/${path}`)
        assert.equal(reply.status, 500)
        const id = reply.headers.get('x-request-id')!
        const record = await server.log.until(new RegExp(`was stopped.*${id}`))
        assert.match(record, /phase: fetch/)
        const at = server.log.all().indexOf(record)
        assert.match(
          server.log
            .all()
            .slice(at, at + 4)
            .join('\n'),
          new RegExp(`main\\.js:${line}:`),
        )
        other.send('hello')
        assert.equal(await other.next(), 'echo hello')
        other.close()
        assert.equal(recordsOf(id).length, 1)
      })
    }

    it('stops a message hook and closes its socket with 1011; the others are served', async () => {
      const [bad, good] = [await connectSocket(ws()), await connectSocket(ws())]
      await good.next()
      for (const loop of ['plain', 'later']) {
        const socket = loop === 'plain' ? bad : await connectSocket(ws())
        await socket.next()
        socket.send(loop)
        good.send('x')
        assert.equal((await socket.closed).code, 1011)
        assert.equal(await good.next(), 'echo x')
      }
      good.close()
    })

    it('stops upgrade and open', async () => {
      await assert.rejects(connectSocket(`${ws()}/upgrade`), /status 500/)
      const socket = await connectSocket(`${ws()}/open`)
      assert.equal((await socket.closed).code, 1011)
      await server.log.until(/closed \/open/)
    })

    it('stops what a timer calls, and a tick of worker.every, which goes on ticking', async () => {
      assert.equal((await fetch(`${server.url}/timer`)).status, 200)
      await server.log.until(/was stopped.*phase: timer/)
      await fetch(`${server.url}/every`)
      await server.log.until(/was stopped.*phase: every/)
      const ticks = async () => Number(await (await fetch(`${server.url}/ticks`)).text())
      const before = await ticks()
      while ((await ticks()) <= before);
    })

    it('stops promises that leave nobody else a turn, and expressions after an await', async () => {
      assert.equal((await fetch(`${server.url}/starve`)).status, 500)
      assert.equal((await fetch(`${server.url}/patternLater`)).status, 500)
      assert.equal(await (await fetch(server.url)).text(), 'fine')
    })

    for (const path of ['plain', 'later', 'rejected']) {
      it(`is no limit for what the runtime does to tell what a script has done (${path}, with a large map)`, async () => {
        const large = await createSandboxFolder({
          script: SCRIPT,
          edge: `engine ${engine}; cpu_limit 50ms 150ms;`,
          files: { 'build/src/main.js.map': LARGE_MAP },
        })
        const other = await startEdgeServer(large.prefix)
        try {
          assert.equal((await fetch(`${other.url}/${path}`)).status, 500)
          assert.equal(await (await fetch(other.url)).text(), 'fine')
        } finally {
          await other.kill()
          await large.remove()
        }
      })
    }
  })
}
