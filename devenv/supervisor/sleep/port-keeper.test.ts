import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { askUntil } from '../within.ts'
import { createPortKeeper, type PortKeeper } from './port-keeper.ts'

const PROGRAM = fileURLToPath(new URL('../../../../devenv/supervisor/sleep/hold-ports.pl', import.meta.url))
const NAME = { server: 'socketserver', developer: 'dev1' } as const

describe('the keeper of ports', () => {
  let folder: string
  let process: ChildProcess
  let keeper: PortKeeper
  let port: number
  const sockets: Socket[] = []

  const start = async () => {
    const path = join(folder, 'ports.sock')
    process = spawn('/usr/bin/perl', [PROGRAM, path], { stdio: ['ignore', 'ignore', 'inherit'] })
    await askUntil(() => connects({ path }), { ms: 10_000 })
    return path
  }
  const connects = (to: { path: string } | { port: number }): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(to)
      sockets.push(socket)
      socket.on('connect', () => resolve(true))
      socket.on('error', () => resolve(false))
    })
  const hold = (onWaiting = () => {}) =>
    keeper.hold({ name: NAME, addresses: [{ host: '127.0.0.1', port }], uid: null, onWaiting })

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'edgeyard-ports-'))
    keeper = createPortKeeper(await start())
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as { port: number }).port
    server.close()
    await once(server, 'close')
  })
  afterEach(async () => {
    keeper.close()
    for (const socket of sockets.splice(0)) socket.destroy()
    process.kill()
    if (process.exitCode === null && process.signalCode === null) await once(process, 'exit')
    rmSync(folder, { recursive: true, force: true })
  })

  it('lets clients connect and wait, tells of the first, and cuts them off when it lets go for nobody', async () => {
    let told = 0
    const waiting = new Promise<void>((resolve) => {
      void hold(() => {
        told++
        resolve()
      }).then(() => connects({ port }))
    })
    await waiting
    assert.ok(keeper.holds(NAME, port))
    assert.ok(await connects({ port }))
    const cut = Promise.all(sockets.slice(-2).map((socket) => new Promise((resolve) => socket.on('close', resolve))))
    await keeper.release(NAME)
    await cut
    assert.equal(told, 1)
    assert.equal(await connects({ port }), false)
  })

  it('says which port cannot be held', async () => {
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    await assert.rejects(hold(), {
      code: 'PORT_TAKEN',
      message: /Cannot hold 127\.0\.0\.1:\d+: Address already in use/,
    })
    assert.equal(keeper.holds(NAME, port), false)
    other.close()
  })

  it('holds all of it again when its process was killed and started anew', async () => {
    await hold()
    process.kill('SIGKILL')
    await once(process, 'exit')
    await start()
    assert.ok(await askUntil(() => connects({ port }), { ms: 10_000 }))
  })

  it('lets go of what a daemon before it left held, and keeps what it has asked for itself', async () => {
    await hold()
    const next = createPortKeeper(join(folder, 'ports.sock'))
    const other = { ...NAME, developer: 'dev2' }
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const { port: second } = free.address() as { port: number }
    free.close()
    await next.hold({ name: other, addresses: [{ host: '127.0.0.1', port: second }], uid: null, onWaiting: () => {} })
    await next.releaseStrays()
    assert.equal(await connects({ port }), false)
    assert.ok(await connects({ port: second }))
    next.close()
  })

  it('lets go of it also when it has nothing to hold itself: clients would wait there for ever', async () => {
    await hold()
    const next = createPortKeeper(join(folder, 'ports.sock'))
    await next.releaseStrays()
    assert.equal(await connects({ port }), false)
    next.close()
  })
})
