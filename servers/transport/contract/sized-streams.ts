// Streams that say how long they are, as files do: a client knows how much is to come, and may ask for the rest of it.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Sent, WireReply } from '../port.ts'
import type { Bench } from './bench.ts'
import { ok, promised, turn } from './bench.ts'

const PIECE_BYTES = 100_000
const PIECES = 80

export function sizedStreamsContract(bench: Bench): void {
  async function serveOnce(reply: (cancelled: () => void) => WireReply) {
    const sent = promised<Sent | Error>()
    const cancelled = promised<void>()
    const served = await bench.serve({
      request: (exchange) =>
        void Promise.resolve(exchange.reply(reply(cancelled.resolve))).then(sent.resolve, sent.resolve),
    })
    return { client: await bench.connect(served), sent: sent.promise, cancelled: cancelled.promise }
  }

  describe('a stream with a content-length', () => {
    it('is sent with that length, and the connection goes on', async () => {
      const { client, sent } = await serveOnce(() => sized(11, ['one', 'two', 'three']))
      for (let i = 0; i < 2; i++) {
        client.get('/')
        const response = await client.response()
        assert.equal(response.header('content-length'), '11')
        assert.equal(response.header('transfer-encoding'), undefined)
        assert.equal(response.body.toString(), 'onetwothree')
      }
      assert.deepEqual(await sent, { bytes: 11, aborted: false })
    })

    it('arrives whole at a client that reads slowly', async () => {
      const pieces = Array.from({ length: PIECES }, (_, i) => Buffer.alloc(PIECE_BYTES, `${i} `))
      const { client, sent } = await serveOnce(() => sized(PIECES * PIECE_BYTES, pieces))
      client.get('/')
      for (let i = 0; i < 20; i++) {
        client.socket.pause()
        for (let turns = 0; turns < 10; turns++) await turn()
        client.socket.resume()
        await turn()
      }
      const { body } = await client.response()
      const digest = (data: Buffer) => createHash('md5').update(data).digest('hex')
      assert.equal(digest(body), digest(Buffer.concat(pieces)))
      assert.deepEqual(await sent, { bytes: PIECES * PIECE_BYTES, aborted: false })
      client.get('/')
      assert.equal((await client.response()).body.length, PIECES * PIECE_BYTES)
    })

    for (const [what, length, says] of [
      ['ends too early', 20, /ended after 11 of the 20 bytes/],
      ['gives too much', 5, /longer than its content-length of 5/],
    ] as const) {
      it(`that ${what} cuts the connection, and tells the handler`, async () => {
        const { client, sent } = await serveOnce(() => sized(length, ['one', 'two', 'three']))
        client.get('/')
        assert.match(String(await sent), says)
        await assert.rejects(client.response())
      })
    }

    it('is cancelled when the client goes', async () => {
      const { client, sent, cancelled } = await serveOnce((onCancel) =>
        ok(new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('begin')), cancel: onCancel }), [
          ['content-length', '100'],
        ]),
      )
      client.get('/')
      await client.take(20)
      client.socket.destroy()
      await cancelled
      assert.deepEqual(await sent, { bytes: 5, aborted: true })
    })

    it('tells it to HEAD; one without a length tells none', async () => {
      for (const length of ['100', undefined]) {
        const { client, cancelled } = await serveOnce((onCancel) =>
          ok(new ReadableStream({ cancel: onCancel }), length === undefined ? [] : [['content-length', length]]),
        )
        client.write('HEAD / HTTP/1.1', 'Host: a', '', '')
        assert.equal((await client.response({ toHead: true })).header('content-length'), length)
        await cancelled
      }
    })
  })
}

function sized(length: number, pieces: readonly (string | Buffer)[]): WireReply {
  const left = pieces.slice()
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = left.shift()
      if (piece === undefined) controller.close()
      else controller.enqueue(Buffer.from(piece))
    },
  })
  return ok(stream, [['Content-Length', String(length)]])
}
