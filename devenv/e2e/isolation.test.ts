// A script that wants more than it may have, in a yard whose operator has set limits: it costs its developer, and nobody else.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { httpGet } from './clients.ts'
import { namedScript } from './scripts.ts'
import { findPortBlock, TestYard, until } from './yard.ts'

const SETTINGS = `developers_initial: [ana, bob]
limits:
  memory: 256m
  processes: 64
  developers:
    bob: { outbound: off }
`

/** Connects where it is told, eats memory, starts processes. */
const GREEDY = `import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import type { SocketScript } from 'edgeyard'

const eaten: Buffer[] = []
const tryTo = (host: string, port: number) => new Promise<string>((resolve) => {
  const socket = connect({ host, port })
  socket.setTimeout(1000, () => { socket.destroy(); resolve('silence') })
  socket.on('connect', () => { socket.destroy(); resolve('open') })
  socket.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? ''))
})

export default {
  async fetch(req) {
    const host = req.query.get('host')
    if (host) return { body: await tryTo(host, Number(req.query.get('port'))) }
    if (req.query.get('eat')) setInterval(() => eaten.push(Buffer.alloc(16 * 1024 * 1024, 1)), 5)
    if (req.query.get('fork')) {
      for (let i = 0; i < 100; i++) spawn('/usr/bin/sleep', ['100'], { stdio: 'ignore' }).on('error', () => {})
    }
    return { body: 'greedy' }
  },
} satisfies SocketScript<undefined>
`

describe('a yard with limits', function () {
  this.timeout(90_000)
  let yard: TestYard
  let started: string
  const ask = async (developer: string, query = '') => {
    const { url } = await yard.sandbox('socketserver', developer)
    return (await httpGet(`${url.replace('ws:', 'http:')}${query}`)).body
  }
  const records = (developer: string) => {
    const day = new Date().toISOString().slice(0, 10)
    return readFileSync(join(yard.root, 'socketserver', developer, 'logs', `${day}.jsonl`), 'utf8')
  }

  before(async function () {
    if (process.getuid?.() !== 0) return this.skip()
    yard = new TestYard(mkdtempSync(join(tmpdir(), 'edgeyard-limits-')), await findPortBlock())
    mkdirSync(yard.root)
    writeFileSync(join(yard.root, 'yard.yml'), SETTINGS)
    started = (await yard.up()).output
    for (const developer of ['ana', 'bob']) {
      await yard.do('dev', 'key', 'add', developer, await yard.makeKey(developer))
      const clone = await yard.clone('socketserver', developer)
      await clone.ship({ 'src/main.ts': GREEDY })
    }
  })
  after(async () => {
    if (yard === undefined) return
    await yard.cli('down')
    rmSync(yard.folder, { recursive: true, force: true })
  })

  it('lets a script connect to its own and the shared servers, and to nothing else of this machine (as root, with nftables)', async function () {
    if (/connections are not filtered/.test(started)) return this.skip()
    const { ssh, viewer, sandboxes } = await yard.status()
    const portOf = (server: string, developer: string) =>
      Number(new URL(sandboxes.find((one) => one.server === server && one.developer === developer)!.url!).port)
    const tried = async (port: number) => await ask('ana', `?host=127.0.0.1&port=${port}`)
    assert.equal(await tried(portOf('dtserver', 'ana')), 'open')
    assert.equal(await tried(portOf('httpserver', 'master')), 'open')
    for (const port of [
      portOf('dtserver', 'bob'),
      portOf('socketserver', 'master'),
      ssh.port,
      Number(new URL(viewer.url).port),
    ])
      assert.equal(await tried(port), 'ECONNREFUSED', `port ${port}`)
  })

  it('lets nobody out to other machines for whom the operator says so (as root, with nftables)', async function () {
    if (/connections are not filtered/.test(started)) return this.skip()
    assert.equal(await ask('bob', '?host=192.0.2.1&port=80'), 'ECONNREFUSED')
  })

  it('says once that a script may start no more processes; the script goes on (as root, with control groups)', async function () {
    if (/no control groups/.test(started)) return this.skip()
    assert.equal(await ask('ana', '?fork=1'), 'greedy')
    await until('the record is there', () => /could not start a process or thread/.test(records('ana')))
    assert.equal(await ask('ana', '?fork=1'), 'greedy')
    assert.equal(await ask('ana'), 'greedy')
    assert.equal(records('ana').match(/limits\.processes/g)?.length, 1)
  })

  it('ends who takes too much memory, says why, and brings it back; nobody else notices (as root, with control groups)', async function () {
    if (/no control groups/.test(started)) return this.skip()
    const before = await yard.pids()
    await ask('ana', '?eat=1')
    await until('ana has another process', async () => {
      const { pid, state } = await yard.sandbox('socketserver', 'ana')
      return state === 'ready' && pid !== before['socketserver/ana']
    })
    assert.match(records('ana'), /ended by SIGKILL: it had more memory than limits\.memory of yard\.yml allows/)
    assert.deepEqual({ ...(await yard.pids()), 'socketserver/ana': 0 }, { ...before, 'socketserver/ana': 0 })
    assert.equal(await ask('bob'), 'greedy')
    assert.equal(await ask('ana'), 'greedy')
  })

  it('refuses a release that eats all memory while it loads, and the old one serves on (as root, with control groups)', async function () {
    if (/no control groups/.test(started)) return this.skip()
    const clone = await yard.clone('socketserver', 'ana')
    const eats = 'const all: Buffer[] = []\nfor (;;) all.push(Buffer.alloc(16 * 1024 * 1024, 1))\n'
    await clone.write('src/main.ts', eats + namedScript('never'))
    await clone.commit('Eat')
    const pushed = await clone.push()
    assert.notEqual(pushed.exitCode, 0)
    assert.match(pushed.output, /limits\.memory/)
    assert.equal(await ask('ana'), 'greedy')
  })
})
