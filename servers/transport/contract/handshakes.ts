// How a WebSocket begins, or does not.
import assert from 'node:assert/strict'
import type { Handshake, WireSocket } from '../port.ts'
import type { Bench } from './bench.ts'
import { LIMITS, ok, promised, turn } from './bench.ts'

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
const UPGRADE = ['Upgrade: websocket', 'Connection: keep-alive, Upgrade'] as const

export function handshakesContract(bench: Bench): void {
  describe('a WebSocket handshake', () => {
    it('hands its hold to every event, and its head to the handler', async () => {
      const hold = { player: 1 }
      const opened = promised<WireSocket>()
      const served = await bench.serve({
        handshake(handshake) {
          assert.equal(handshake.head.path, '/ws')
          assert.equal(handshake.accept({ hold, limits: LIMITS }), true)
        },
        open: opened.resolve,
      })
      const client = bench.webSocket(served)
      await client.opened
      const socket = await opened.promise
      assert.equal(socket.hold, hold)
      assert.equal(socket.ip, '127.0.0.1')
      assert.deepEqual(served.faults, [])
    })

    it('may be answered later, with the headers it came with', async () => {
      const served = await bench.serve({
        async handshake(handshake) {
          await new Promise((resolve) => setTimeout(resolve, 2))
          handshake.accept({ hold: undefined, protocol: 'two', limits: LIMITS })
        },
        open: (socket) => void socket.send('hello'),
      })
      const client = bench.webSocket(served, ['one', 'two'])
      await client.opened
      assert.equal(client.ws.protocol, 'two')
      assert.equal(await client.message(), 'hello')
    })

    for (const [offered, chosen, echoed] of [
      [['one', 'two'], 'two', 'two'],
      [['one', 'two'], undefined, ''],
      [[], 'two', ''],
    ] as const) {
      it(`echoes "${echoed}" when "${offered}" is offered and "${chosen}" chosen`, async () => {
        const served = await bench.serve({
          handshake: (handshake) =>
            void handshake.accept({ hold: 0, limits: LIMITS, ...(chosen ? { protocol: chosen } : {}) }),
        })
        const client = await bench.connect(served)
        const offer = offered.length > 0 ? [`Sec-WebSocket-Protocol: ${offered.join(', ')}`] : []
        client.get('/ws', ...UPGRADE, 'Sec-WebSocket-Version: 13', KEY, ...offer)
        const response = await client.response()
        assert.equal(response.status, 101)
        assert.equal(response.header('sec-websocket-accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
        assert.equal(response.header('sec-websocket-protocol') ?? '', echoed)
        assert.equal(response.header('sec-websocket-extensions'), undefined)
      })
    }

    it('can be refused with a reply', async () => {
      const served = await bench.serve({
        handshake: (handshake) => void handshake.refuse({ status: 403, headers: [['X-Why', 'no']], body: 'no ticket' }),
      })
      const client = await bench.connect(served)
      client.get('/ws', ...UPGRADE, 'Sec-WebSocket-Version: 13', KEY)
      const response = await client.response()
      assert.equal(response.status, 403)
      assert.equal(response.header('x-why'), 'no')
      assert.equal(response.body.toString(), 'no ticket')
    })

    it('is answered once, whatever is tried', async () => {
      const answers: unknown[] = []
      const served = await bench.serve({
        async handshake(handshake) {
          answers.push(handshake.accept({ hold: 0, limits: LIMITS }))
          answers.push(handshake.accept({ hold: 0, limits: LIMITS }))
          answers.push((await handshake.refuse(ok('no'))).bytes)
        },
        open: (socket) => void socket.send('hello'),
      })
      const client = bench.webSocket(served)
      assert.equal(await client.message(), 'hello')
      assert.deepEqual(answers, [true, false, 0])
    })

    it('whose handler throws is answered with 500', async () => {
      const served = await bench.serve({
        handshake() {
          throw new Error('oops')
        },
      })
      assert.equal(await bench.webSocket(served).refused, 500)
      assert.match(String(served.faults[0]), /oops/)
    })

    it('whose client has gone meanwhile is told so, and cannot be accepted', async () => {
      const arrived = promised<Handshake>()
      const served = await bench.serve({ handshake: arrived.resolve, open: () => assert.fail('opened') })
      const client = await bench.connect(served)
      client.get('/ws', ...UPGRADE, 'Sec-WebSocket-Version: 13', KEY)
      const handshake = await arrived.promise
      const gone = promised<void>()
      handshake.aborted.addEventListener('abort', () => gone.resolve())
      client.socket.end()
      await gone.promise
      assert.equal(handshake.accept({ hold: 0, limits: LIMITS }), false)
      assert.deepEqual(await handshake.refuse(ok('no')), { bytes: 0, aborted: true })
      assert.deepEqual(served.faults, [])
    })

    it('with limits that cannot be kept is a fault, not the end of the process', async () => {
      const served = await bench.serve({
        handshake: (handshake) => void handshake.accept({ hold: 0, limits: { ...LIMITS, idleTimeoutS: 5 } }),
      })
      assert.equal(await bench.webSocket(served).refused, 500)
      assert.ok(served.faults[0] instanceof RangeError)
    })

    const invalid: [what: string, status: number, lines: string[]][] = [
      ['a wrong version', 426, ['GET / HTTP/1.1', 'Host: a', ...UPGRADE, 'Sec-WebSocket-Version: 8', KEY]],
      ['no key', 400, ['GET / HTTP/1.1', 'Host: a', ...UPGRADE, 'Sec-WebSocket-Version: 13']],
      [
        'an invalid key',
        400,
        ['GET / HTTP/1.1', 'Host: a', ...UPGRADE, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: xx'],
      ],
      ['POST', 405, ['POST / HTTP/1.1', 'Host: a', ...UPGRADE, 'Sec-WebSocket-Version: 13', KEY]],
      ['two Hosts', 400, ['GET / HTTP/1.1', 'Host: a', 'Host: b', ...UPGRADE, 'Sec-WebSocket-Version: 13', KEY]],
    ]
    for (const [what, status, lines] of invalid) {
      it(`with ${what} is answered with ${status} and reaches no handler`, async () => {
        const served = await bench.serve({
          handshake: () => assert.fail('reached the handler'),
          request: () => assert.fail('reached the handler'),
        })
        const client = await bench.connect(served)
        client.write(...lines, '', '')
        assert.equal((await client.response()).status, status)
        assert.deepEqual(served.faults, [])
      })
    }

    it('that asks for another protocol is a plain request', async () => {
      const served = await bench.serve({ handshake: () => assert.fail('reached the handler') })
      const client = await bench.connect(served)
      client.get('/', 'Upgrade: h2c', 'Connection: Upgrade', KEY)
      const response = await client.response()
      assert.equal(response.status, 200)
      assert.equal(response.body.toString(), 'ok')
    })

    it('is followed by open before any message, however early that comes', async () => {
      const events: string[] = []
      const told = promised<void>()
      const served = await bench.serve({
        open: () => void events.push('open'),
        message(_socket, data) {
          events.push(String(data))
          told.resolve()
        },
      })
      const client = await bench.connect(served)
      const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])
      client.socket.once('data', () => client.socket.write(frame))
      client.get('/ws', ...UPGRADE, 'Sec-WebSocket-Version: 13', KEY)
      await told.promise
      assert.deepEqual(events, ['open', 'hi'])
    })
  })

  describe('connections above the maximum', () => {
    it('are answered with 503 and closed', async () => {
      const served = await bench.serve({}, { connectionsMax: 1 })
      const first = await bench.connect(served)
      first.get('/')
      assert.equal((await first.response()).status, 200)
      const second = await bench.connect(served)
      second.get('/')
      assert.equal((await second.response()).status, 503)
      await second.ended
      while (served.transport.connections > 1) await turn()
      first.get('/')
      assert.equal((await first.response()).status, 200)
    })

    it('that are WebSockets are closed with 1013', async () => {
      const opened: WireSocket[] = []
      const served = await bench.serve({ open: (socket) => void opened.push(socket) }, { connectionsMax: 1 })
      const first = bench.webSocket(served)
      await first.opened
      const second = bench.webSocket(served)
      assert.equal((await second.closed).code, 1013)
      assert.equal(opened.length, 1)
      assert.equal([...served.transport.sockets()].length, 1)
      while (served.transport.connections > 1) await turn()
    })
  })
}
