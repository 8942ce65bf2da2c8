import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Order } from '../../../servers/transport/takeover/server.ts'
import { httpGet } from '../../e2e/clients.ts'
import { askUntil } from '../within.ts'
import { createPortKeeper, type PortKeeper } from './port-keeper.ts'
import { runPortKeeper } from './run-port-keeper.fixture.ts'

const SERVER = fileURLToPath(new URL('../../../servers/transport/takeover/server.js', import.meta.url))
const NAME = { server: 'socketserver', developer: 'dev1' } as const

describe('the keeper of ports', () => {
  let folder: string
  let process: ChildProcess
  let keeper: PortKeeper
  let port: number
  const sockets: Socket[] = []

  const start = async () => {
    const path = join(folder, 'ports.sock')
    process = await runPortKeeper(path)
    return path
  }
  const connects = (to: { port: number }): Promise<boolean> =>
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
    keeper = createPortKeeper(await start(), { mayHold: true })
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
    const next = createPortKeeper(join(folder, 'ports.sock'), { mayHold: true })
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
    const next = createPortKeeper(join(folder, 'ports.sock'), { mayHold: true })
    await next.releaseStrays()
    assert.equal(await connects({ port }), false)
    next.close()
  })

  describe('beside a process that listens', () => {
    const servers: ChildProcess[] = []
    afterEach(() => {
      for (const server of servers.splice(0)) server.kill('SIGKILL')
    })

    /** A process that shares the port and answers with its generation. */
    const listen = async (generation: number): Promise<ChildProcess> => {
      const server = fork(SERVER, ['uws', `${generation}`], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      servers.push(server)
      await once(server, 'message')
      server.send({ listen: port } satisfies Order)
      await once(server, 'message')
      return server
    }
    /** Which generations answer: where two are chosen from, one of them is left out once in 2^63 times. */
    const answering = async (): Promise<readonly string[]> => {
      const url = `http://127.0.0.1:${port}/`
      const answers = await Promise.all(Array.from({ length: 64 }, () => httpGet(url)))
      return [...new Set(answers.map(({ body }) => body.trim()))].sort()
    }

    const ask = (socket: Socket, onAnswer: () => void) => {
      socket.on('data', onAnswer)
      socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
    }

    it('sends who connects to the newest process only, also to the one after it, until it is told otherwise', async () => {
      const first = await listen(0)
      await listen(1)
      assert.deepEqual(await answering(), ['0', '1'])
      assert.equal(await keeper.prefer('newest', servers[1]!.pid!), null)
      assert.deepEqual(await answering(), ['1'])
      first.send({ drain: true } satisfies Order)
      await once(first, 'exit')
      assert.deepEqual(await answering(), ['1'])
      const third = await listen(2)
      assert.deepEqual(await answering(), ['2'])
      assert.equal(await keeper.prefer('any', third.pid!), null)
      assert.deepEqual(await answering(), ['1', '2'])
    })

    it('sends nobody to a process whose port is held, from then on until one listens there again', async () => {
      const first = await listen(0)
      await hold()
      assert.equal(await keeper.prefer('newest', first.pid!), null)
      await Promise.all(Array.from({ length: 64 }, () => connects({ port })))
      const clients = sockets.slice(-64)
      let answered = 0
      const closed = Promise.all(clients.map((socket) => new Promise((resolve) => socket.on('close', resolve))))
      for (const socket of clients) ask(socket, () => answered++)
      first.send({ drain: true } satisfies Order)
      await once(first, 'exit')
      await listen(1)
      assert.deepEqual(await answering(), ['1'])
      servers[1]!.kill('SIGKILL')
      await once(servers[1]!, 'exit')
      await keeper.release(NAME)
      await closed
      assert.equal(answered, 0)
    })

    it('prefers none of those that listen where a port is held again', async () => {
      const first = await listen(0)
      await hold()
      assert.equal(await keeper.prefer('newest', first.pid!), null)
      await hold()
      // Who waits is not answered: half of them, where the kernel chooses.
      let answered = 0
      const one = async () => {
        assert.ok(await connects({ port }))
        ask(sockets.at(-1)!, () => answered++)
        return answered > 0
      }
      assert.ok(await askUntil(one, { ms: 10_000 }))
    })

    it('says why it cannot, and goes on', async () => {
      const gone = await listen(0)
      gone.kill('SIGKILL')
      await once(gone, 'exit')
      assert.match((await keeper.prefer('newest', gone.pid!))!, /^pidfd_open: No such process$/)
      await hold()
      assert.ok(keeper.holds(NAME, port))
      keeper.close()
      process.kill('SIGKILL')
      await once(process, 'exit')
      assert.equal(await keeper.prefer('newest', gone.pid!), 'Cannot reach the keeper of ports')
    })
  })
})
