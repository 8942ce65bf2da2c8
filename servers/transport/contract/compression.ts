// permessage-deflate (RFC 7692): for those who ask for it, and never a way around a limit.
import assert from 'node:assert/strict'
import type { TransportHandlers, WireSocket } from '../port.ts'
import type { Bench } from './bench.ts'
import { LIMITS, promised, turn } from './bench.ts'

const LONG = 'the same words again and again, '.repeat(1000)

export function compressionContract(bench: Bench): void {
  const echo: Partial<TransportHandlers> = {
    handshake: (handshake) => void handshake.accept({ hold: 0, limits: LIMITS, compression: true }),
    message: (socket, data) => void socket.send(data),
  }

  /** What the client has read from its connection. */
  const bytesOf = (client: ReturnType<Bench['webSocket']>) =>
    (client.ws as unknown as { _socket: { bytesRead: number } })._socket.bytesRead

  describe('compression', () => {
    it('makes long messages short on the wire, both ways, sent and published', async () => {
      const opened = promised<WireSocket>()
      const served = await bench.serve({ ...echo, open: opened.resolve }, { compression: true })
      const client = bench.webSocket(served, [], { perMessageDeflate: true })
      await client.opened
      assert.match(client.ws.extensions, /permessage-deflate/)
      const before = bytesOf(client)
      client.ws.send(LONG)
      assert.equal(await client.message(), LONG)
      client.ws.send(Buffer.from(LONG))
      assert.deepEqual(await client.message(), Buffer.from(LONG))
      ;(await opened.promise).join('room')
      served.transport.publish('room', LONG)
      assert.equal(await client.message(), LONG)
      assert.ok(bytesOf(client) - before < LONG.length, `${bytesOf(client) - before} bytes for three messages`)
    })

    it('keeps the order of long and short messages', async () => {
      const served = await bench.serve(echo, { compression: true })
      const client = bench.webSocket(served, [], { perMessageDeflate: true })
      await client.opened
      const messages = [LONG, 'a', `${LONG}b`, 'c', LONG, '']
      for (const message of messages) client.ws.send(message)
      for (const message of messages) assert.equal(await client.message(), message)
    })

    const without: [what: string, transport: boolean, socket: boolean, client: boolean][] = [
      ['the transport does not offer', false, true, true],
      ['the handler does not want', true, false, true],
      ['the client does not ask for', true, true, false],
    ]
    for (const [what, transport, socket, client] of without) {
      it(`that ${what} is left out`, async () => {
        const handshake: TransportHandlers['handshake'] = (handshake) =>
          void handshake.accept({ hold: 0, limits: LIMITS, compression: socket })
        const served = await bench.serve({ ...echo, handshake }, { compression: transport })
        const webSocket = bench.webSocket(served, [], { perMessageDeflate: client })
        await webSocket.opened
        assert.equal(webSocket.ws.extensions, '')
        webSocket.ws.send(LONG)
        assert.equal(await webSocket.message(), LONG)
      })
    }

    it('does not let a message past its limit: one that is short on the wire and too long behind it ends the socket', async () => {
      const closed = promised<number>()
      const served = await bench.serve(
        { ...echo, message: () => assert.fail('reached the handler'), close: (_socket, code) => closed.resolve(code) },
        { compression: true },
      )
      const client = bench.webSocket(served, [], { perMessageDeflate: true })
      await client.opened
      client.ws.send(Buffer.alloc(50 * 1024 * 1024))
      const { code } = await client.closed
      assert.ok([1006, 1009].includes(code), `closed with ${code}`)
      assert.notEqual(await closed.promise, 1000)
      await turn()
      assert.deepEqual(served.faults, [])
    })
  })
}
