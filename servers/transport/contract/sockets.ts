// An open WebSocket: its messages, its limits, its topics, its end.
import assert from 'node:assert/strict'
import type { WireSocket } from '../port.ts'
import type { Bench, Served } from './bench.ts'
import { LIMITS, promised, turn } from './bench.ts'

export function socketsContract(bench: Bench): void {
  /** A client and the socket it has here. */
  async function pair(served: Served & { opened: WireSocket[] }) {
    const before = served.opened.length
    const client = bench.webSocket(served)
    await client.opened
    while (served.opened.length === before) await turn()
    return { client, socket: served.opened[before]! }
  }

  async function serve(
    handlers: Parameters<Bench['serve']>[0] = {},
    options: Parameters<Bench['serve']>[1] = {},
  ): Promise<Served & { opened: WireSocket[] }> {
    const opened: WireSocket[] = []
    const served = await bench.serve({ open: (socket) => void opened.push(socket), ...handlers }, options)
    return { ...served, opened }
  }

  describe('a message', () => {
    it('arrives as a string when it is text, as bytes when it is binary, and goes back as such', async () => {
      const got: unknown[] = []
      const served = await serve({
        message(socket, data) {
          got.push(data)
          assert.equal(socket.send(data), 'sent')
        },
      })
      const { client } = await pair(served)
      client.ws.send('héllo ☃')
      client.ws.send(Buffer.from([0, 1, 255]))
      client.ws.send('')
      assert.equal(await client.message(), 'héllo ☃')
      assert.deepEqual(await client.message(), Buffer.from([0, 1, 255]))
      assert.equal(await client.message(), '')
      assert.deepEqual(got, ['héllo ☃', new Uint8Array([0, 1, 255]), ''])
    })

    it('belongs to the handler: it is still whole after a wait', async () => {
      const kept = promised<Uint8Array>()
      const served = await serve({
        async message(_socket, data) {
          await new Promise((resolve) => setTimeout(resolve, 2))
          kept.resolve(data as Uint8Array)
        },
      })
      const { client } = await pair(served)
      client.ws.send(Buffer.alloc(1000, 7))
      client.ws.send(Buffer.alloc(1000, 9))
      assert.deepEqual(await kept.promise, new Uint8Array(1000).fill(7))
    })

    it('may be sent from the open handler', async () => {
      const served = await serve({ open: (socket) => assert.equal(socket.send('welcome'), 'sent') })
      const client = bench.webSocket(served)
      assert.equal(await client.message(), 'welcome')
      assert.deepEqual(served.faults, [])
    })

    it('longer than its socket allows closes it with 1009, below the limit of the server', async () => {
      const closed = promised<number>()
      const served = await serve({
        handshake: (handshake) => void handshake.accept({ hold: 0, limits: { ...LIMITS, maxPayloadBytes: 10 } }),
        message: (socket, data) => void socket.send(data),
        close: (_socket, code) => closed.resolve(code),
      })
      const { client } = await pair(served)
      client.ws.send('x'.repeat(10))
      assert.equal(await client.message(), 'x'.repeat(10))
      client.ws.send('x'.repeat(11))
      assert.equal((await client.closed).code, 1009)
      assert.equal(await closed.promise, 1009)
    })

    it('longer than the server allows closes it with 1009', async () => {
      const closed = promised<number>()
      const served = await serve({
        message: () => assert.fail('reached the handler'),
        close: (_socket, code) => closed.resolve(code),
      })
      const { client } = await pair(served)
      client.ws.send('x'.repeat(LIMITS.maxPayloadBytes + 1))
      assert.equal((await client.closed).code, 1009)
      assert.equal(await closed.promise, 1009)
    })

    it('far longer than the server allows ends the socket, as 1009 for us', async () => {
      const closed = promised<number>()
      const served = await serve({
        message: () => assert.fail('reached the handler'),
        close: (_socket, code) => closed.resolve(code),
      })
      const { client } = await pair(served)
      client.ws.send(Buffer.alloc(8 * 1024 * 1024))
      // The engine uws cuts the connection of one that is a MiB above the limit, without a close frame.
      assert.ok([1006, 1009].includes((await client.closed).code))
      assert.equal(await closed.promise, 1009)
    })

    it('of text that is not UTF-8 closes the socket and reaches no handler', async () => {
      const closed = promised<number>()
      const served = await serve({
        message: () => assert.fail('reached the handler'),
        close: (_socket, code) => closed.resolve(code),
      })
      const { client } = await pair(served)
      client.ws.send(Buffer.from([0xff, 0xfe]), { binary: false })
      // The engine uws cuts the connection without a close frame.
      assert.equal((await client.closed).code, bench.engine === 'node' ? 1007 : 1006)
      assert.equal(await closed.promise, 1007)
    })

    for (const [how, fail] of [
      [
        'throws',
        () => {
          throw new Error('oops')
        },
      ],
      [
        'rejects',
        async () => {
          await turn()
          throw new Error('oops')
        },
      ],
    ] as const) {
      it(`whose handler ${how} closes the socket with 1011, and the others live`, async () => {
        const served = await serve({ message: (socket, data) => (data === 'fail' ? fail() : void socket.send(data)) })
        const { client } = await pair(served)
        const other = await pair(served)
        client.ws.send('fail')
        assert.equal((await client.closed).code, 1011)
        assert.match(String(served.faults[0]), /oops/)
        other.client.ws.send('alive')
        assert.equal(await other.client.message(), 'alive')
      })
    }
  })

  describe('a socket whose client does not read', () => {
    const piece = Buffer.alloc(16 * 1024)

    it('queues up to its limit, then drops, then tells that it has drained', async () => {
      const drained = promised<WireSocket>()
      const limits = { ...LIMITS, maxBackpressureBytes: 64 * 1024 }
      const served = await serve({
        handshake: (handshake) => void handshake.accept({ hold: 0, limits }),
        drain: (socket) => socket.bufferedBytes === 0 && drained.resolve(socket),
      })
      const { client, socket } = await pair(served)
      client.ws.pause()
      const counts = { sent: 0, queued: 0, dropped: 0, closed: 0 }
      for (let i = 0; i < 4000 && counts.dropped === 0; i++) {
        counts[socket.send(piece)]++
        if (i % 50 === 0) await turn()
      }
      assert.ok(counts.sent > 0 && counts.queued > 0 && counts.dropped === 1, JSON.stringify(counts))
      assert.ok(socket.bufferedBytes <= limits.maxBackpressureBytes + 2 * piece.length, `${socket.bufferedBytes} wait`)
      client.ws.resume()
      assert.equal(await drained.promise, socket)
      assert.equal(socket.send('again'), 'sent')
      for (let i = 0; i < counts.sent + counts.queued; i++) assert.equal((await client.message()).length, piece.length)
      assert.equal(await client.message(), 'again')
    })

    it('may be closed, and is gone when its client is', async () => {
      const closed = promised<number>()
      const served = await serve({ close: (_socket, code) => closed.resolve(code) })
      const { client, socket } = await pair(served)
      client.ws.pause()
      while (socket.send(piece) !== 'dropped');
      client.ws.terminate()
      assert.equal(await closed.promise, 1006)
      assert.equal(socket.open, false)
    })
  })

  describe('the end of a socket', () => {
    it('is told once with the code and reason of the client, and the topics it had', async () => {
      const ends: unknown[] = []
      const told = promised<void>()
      const served = await serve({
        close(socket, code, reason, topics) {
          ends.push([socket.open, code, reason, topics])
          told.resolve()
        },
      })
      const { client, socket } = await pair(served)
      socket.join('a')
      socket.join('b')
      socket.leave('a')
      client.ws.close(4001, 'bye')
      await told.promise
      await client.closed
      assert.deepEqual(ends, [[false, 4001, 'bye', ['b']]])
      assert.equal([...served.transport.sockets()].length, 0)
    })

    const cases: [code: number | undefined, reason: string | undefined, seen: number, seenReason: string][] = [
      [undefined, undefined, 1000, ''],
      [1012, 'restart', 1012, 'restart'],
      [4999, 'ok', 4999, 'ok'],
      [70_000, 'x', 1011, 'x'],
      [1005, '', 1011, ''],
      [Number.NaN, '', 1011, ''],
      [3000, 'é'.repeat(100), 3000, 'é'.repeat(61)],
    ]
    for (const [code, reason, seen, seenReason] of cases) {
      it(`by close(${code}, ${reason?.slice(0, 8)}) is seen as ${seen} by the client and by us`, async () => {
        const ends: unknown[] = []
        const served = await serve({ close: (_socket, code, reason) => void ends.push([code, reason]) })
        const { client, socket } = await pair(served)
        socket.close(code, reason)
        socket.close(1000, 'twice')
        assert.deepEqual(await client.closed, { code: seen, reason: seenReason })
        assert.deepEqual(ends, [[seen, seenReason]])
      })
    }

    it('leaves a socket whose methods do nothing and do not throw, in the close handler too', async () => {
      const after = promised<WireSocket>()
      const served = await serve({
        close(socket) {
          useAll(socket)
          after.resolve(socket)
        },
      })
      const { client } = await pair(served)
      client.ws.terminate()
      const socket = await after.promise
      await turn()
      useAll(socket)
      assert.deepEqual(served.faults, [])
    })

    it('inside a message handler ends what follows', async () => {
      const got: unknown[] = []
      const served = await serve({
        message(socket, data) {
          got.push(data)
          socket.close(4000, 'enough')
          assert.equal(socket.send('more'), 'closed')
        },
      })
      const { client } = await pair(served)
      client.ws.send('one')
      client.ws.send('two')
      assert.equal((await client.closed).code, 4000)
      assert.deepEqual(got, ['one'])
      assert.deepEqual(served.faults, [])
    })

    it('by a handler that throws in open is 1011, in close a fault and nothing more', async () => {
      const served = await serve({
        open() {
          throw new Error('in open')
        },
        close() {
          throw new Error('in close')
        },
      })
      const client = bench.webSocket(served)
      assert.equal((await client.closed).code, 1011)
      assert.equal(served.faults.length, 2)
    })
  })

  describe('a topic', () => {
    it('reaches those that joined, until they leave or close', async () => {
      const served = await serve()
      const a = await pair(served)
      const b = await pair(served)
      const c = await pair(served)
      a.socket.join('room')
      a.socket.join('room')
      b.socket.join('room')
      assert.deepEqual(a.socket.topics(), ['room'])
      served.transport.publish('room', 'one')
      assert.equal(await a.client.message(), 'one')
      assert.equal(await b.client.message(), 'one')
      b.socket.leave('room')
      served.transport.publish('room', new Uint8Array([1, 2]))
      served.transport.publish('nobody', 'x')
      b.socket.send('direct')
      c.socket.send('direct')
      assert.deepEqual(await a.client.message(), Buffer.from([1, 2]))
      assert.equal(await b.client.message(), 'direct')
      assert.equal(await c.client.message(), 'direct')
      a.client.ws.close()
      await a.client.closed
      served.transport.publish('room', 'late')
      assert.deepEqual(served.faults, [])
    })

    it('keeps the order of what is published and what is sent', async () => {
      const served = await serve()
      const { client, socket } = await pair(served)
      socket.join('room')
      served.transport.publish('room', '1')
      socket.send('2')
      served.transport.publish('room', '3')
      socket.send('4')
      for (const expected of ['1', '2', '3', '4']) assert.equal(await client.message(), expected)
    })
  })
}

function useAll(socket: WireSocket): void {
  assert.equal(socket.open, false)
  assert.equal(socket.send('x'), 'closed')
  assert.equal(socket.bufferedBytes, 0)
  socket.close()
  socket.close(70_000, 'x'.repeat(500))
  socket.join('x')
  socket.leave('x')
  socket.topics()
}
