// Taking a port, letting go of it, and the end of what is open.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as elapse } from 'node:timers/promises'
import { createTransport } from '../create-transport.ts'
import type { Exchange, WireSocket } from '../port.ts'
import { DEFAULT_TIMEOUTS } from '../timeouts.ts'
import type { Bench } from './bench.ts'
import { LIMITS, ok, promised, turn } from './bench.ts'

export function endingContract(bench: Bench): void {
  describe('a port', () => {
    if (!bench.memory) takenPorts(bench)

    it('is refused to limits that cannot be kept, before anything is made', async () => {
      for (const bad of [
        { idleTimeoutS: 5 },
        { idleTimeoutS: 1000 },
        { maxPayloadBytes: 0 },
        { maxBackpressureBytes: 1.5 },
      ]) {
        const options = {
          engine: bench.engine,
          connectionsMax: 1,
          socketLimitsMax: { ...LIMITS, ...bad },
          timeouts: DEFAULT_TIMEOUTS,
          compression: false,
        }
        await assert.rejects(createTransport({ ...options, handlers: {} as never }), RangeError)
      }
    })
  })

  describe('draining', () => {
    it('refuses new connections, finishes what is under way with "Connection: close", and resolves', async () => {
      const held: Exchange[] = []
      const arrived = promised<void>()
      const served = await bench.serve({
        request(exchange) {
          held.push(exchange)
          arrived.resolve()
        },
      })
      const client = await bench.connect(served)
      client.get('/')
      await arrived.promise
      let drained = false
      const done = served.transport.drain().then(() => {
        drained = true
      })
      await refused(served.port)
      assert.equal(drained, false)
      held[0]!.reply(ok('finished'))
      const response = await client.response()
      assert.equal(response.header('connection'), 'close')
      assert.equal(response.body.toString(), 'finished')
      assert.equal(await client.ended, 'end')
      await done
      assert.equal(served.transport.connections, 0)
    })

    it('tells when it has let go of its port, long before the last connection ends', async () => {
      const held = promised<Exchange>()
      const served = await bench.serve({ request: held.resolve })
      const client = await bench.connect(served)
      client.get('/')
      const exchange = await held.promise
      const letGo = promised<void>()
      const done = served.transport.drain(letGo.resolve)
      await letGo.promise
      if (!bench.memory) await assert.rejects(bench.connect(served))
      exchange.reply(ok('finished'))
      assert.equal((await client.response()).body.toString(), 'finished')
      await done
    })

    it('still answers an idle connection that sends another request, and closes it then', async () => {
      const served = await bench.serve()
      const client = await bench.connect(served)
      client.get('/')
      assert.equal((await client.response()).header('connection') === 'close', false)
      const done = served.transport.drain()
      await refused(served.port)
      client.get('/')
      const response = await client.response()
      assert.equal(response.status, 200)
      assert.equal(response.header('connection'), 'close')
      assert.equal(await client.ended, 'end')
      await done
    })

    it('closes idle connections soon, used and unused ones', async () => {
      const served = await bench.serve()
      const used = await bench.connect(served)
      const unused = await bench.connect(served)
      used.get('/')
      await used.response()
      await served.transport.drain()
      await Promise.all([used.ended, unused.ended])
      assert.equal(served.transport.connections, 0)
    })

    it('closes idle connections when what holds others has ended, and cuts none of these', async () => {
      const held = promised<Exchange>()
      const served = await bench.serve({
        request: (exchange) =>
          void (exchange.head.path === '/held' ? held.resolve(exchange) : exchange.reply(ok('ok'))),
      })
      const idle = await bench.connect(served)
      idle.get('/')
      await idle.response()
      const busy = await bench.connect(served)
      busy.get('/held')
      const exchange = await held.promise
      const webSocket = bench.webSocket(served)
      await webSocket.opened
      const done = served.transport.drain()
      // Longer than an idle connection has.
      await elapse(1100)
      exchange.reply(ok('finished'))
      assert.equal((await busy.response()).body.toString(), 'finished')
      for (const socket of served.transport.sockets()) socket.close(1012, 'Server restarts')
      assert.equal((await webSocket.closed).code, 1012)
      await idle.ended
      await done
    })

    it('does not wait for a client who has gone after a stream for its chunked request', async () => {
      const served = await bench.serve({
        request: (exchange) => void exchange.reply(ok(new Blob(['streamed']).stream() as ReadableStream<Uint8Array>)),
      })
      const client = await bench.connect(served)
      client.socket.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n')
      assert.equal((await client.response()).body.toString(), 'streamed')
      client.socket.destroy()
      await served.transport.drain()
      assert.equal(served.transport.connections, 0)
    })

    it('leaves a large last reply to a client that reads it slowly', async () => {
      const served = await bench.serve({
        request: (exchange) => void exchange.reply(ok(new Uint8Array(16 * 1024 * 1024))),
      })
      const client = await bench.connect(served)
      const done = served.transport.drain()
      client.get('/')
      client.socket.pause()
      await elapse(1600)
      client.socket.resume()
      assert.equal((await client.response()).body.length, 16 * 1024 * 1024)
      await done
    })

    it('accepts the connections that were waiting already', async () => {
      const served = await bench.serve()
      const clients = await Promise.all(Array.from({ length: 20 }, () => bench.connect(served)))
      const done = served.transport.drain()
      for (const client of clients) client.get('/')
      for (const client of clients) assert.equal((await client.response()).status, 200)
      await done
    })

    it('leaves WebSockets alone until they are closed', async () => {
      const served = await bench.serve({ message: (socket, data) => void socket.send(data) })
      const client = bench.webSocket(served)
      await client.opened
      const done = served.transport.drain()
      await refused(served.port)
      client.ws.send('still here')
      assert.equal(await client.message(), 'still here')
      for (const socket of served.transport.sockets()) socket.close(1012, 'Server restarts')
      assert.deepEqual(await client.closed, { code: 1012, reason: 'Server restarts' })
      await done
    })

    it('resolves at once when nothing is open, and may be asked for twice', async () => {
      const served = await bench.serve()
      await Promise.all([served.transport.drain(), served.transport.drain()])
      await served.transport.drain()
    })

    it('lets another transport take the port', async () => {
      const served = await bench.serve()
      await served.transport.drain()
      const next = await bench.serve()
      assert.equal(await next.transport.listen({ host: '127.0.0.1', port: served.port }), served.port)
    })
  })

  describe('destroying', () => {
    it('cuts what is open, tells it, and may be done twice', async () => {
      const closed = promised<number>()
      const exchange = promised<Exchange>()
      const served = await bench.serve({ request: exchange.resolve, close: (_socket, code) => closed.resolve(code) })
      const webSocket = bench.webSocket(served)
      await webSocket.opened
      const client = await bench.connect(served)
      client.get('/')
      const held = await exchange.promise
      const gone = promised<void>()
      held.aborted.addEventListener('abort', () => gone.resolve())
      const done = served.transport.drain()
      served.transport.destroy()
      served.transport.destroy()
      await done
      await gone.promise
      assert.equal(await closed.promise, 1006)
      assert.equal((await webSocket.closed).code, 1006)
      await client.ended
      assert.deepEqual(await held.reply(ok('late')), { bytes: 0, aborted: true })
      served.transport.publish('x', 'y')
      assert.deepEqual(served.faults, [])
    })

    it('after sockets were closed with a code lets their clients see it', async () => {
      const opened = promised<WireSocket>()
      const served = await bench.serve({ open: opened.resolve })
      const client = bench.webSocket(served)
      const socket = await opened.promise
      socket.close(1012, 'bye')
      await turn()
      served.transport.destroy()
      assert.deepEqual(await client.closed, { code: 1012, reason: 'bye' })
    })
  })
}

/** Waits until nobody accepts connections on the port any more. */
async function refused(port: number): Promise<void> {
  for (;;) {
    const socket = connect({ host: '127.0.0.1', port })
    const accepted = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    if (!accepted) return
    await turn()
  }
}

function takenPorts(bench: Bench): void {
  it('that somebody else holds for themselves is PORT_TAKEN', async () => {
    const holder = createServer().listen({ host: '127.0.0.1', port: 0, exclusive: true })
    try {
      await once(holder, 'listening')
      const { transport } = await bench.serve()
      const { port } = holder.address() as AddressInfo
      await assert.rejects(transport.listen({ host: '127.0.0.1', port }), { code: 'PORT_TAKEN' })
    } finally {
      holder.close()
    }
  })

  it('on an address that this machine does not have is another error', async () => {
    const { transport } = await bench.serve()
    await assert.rejects(transport.listen({ host: '192.0.2.1', port: 0 }), { code: 'SERVICE_FAILED' })
  })
}
