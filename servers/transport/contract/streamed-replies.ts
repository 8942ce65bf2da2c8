// Replies that do not fit into one packet: large ones and streams, and clients that are slower than we are.
import assert from 'node:assert/strict'
import type { Sent } from '../port.ts'
import type { Bench } from './bench.ts'
import { ok, promised, streamOf, turn } from './bench.ts'

export function streamedRepliesContract(bench: Bench): void {
  describe('a large reply', () => {
    const large = Buffer.alloc(8 * 1024 * 1024, 'abcdefgh')

    it('waits for a client that reads slowly, and arrives whole', async () => {
      const sent = promised<Sent>()
      const served = await bench.serve({
        request: (exchange) => void Promise.resolve(exchange.reply(ok(large))).then(sent.resolve),
      })
      const client = await bench.connect(served)
      client.socket.pause()
      client.get('/')
      for (let i = 0; i < 20; i++) await turn()
      client.socket.resume()
      const response = await client.response()
      assert.equal(response.header('content-length'), String(large.length))
      assert.ok(response.body.equals(large))
      assert.deepEqual(await sent.promise, { bytes: large.length, aborted: false })
      client.get('/')
      assert.equal((await client.response()).body.length, large.length)
    })

    it('is told as aborted when the client goes before its end', async () => {
      const sent = promised<Sent>()
      const served = await bench.serve({
        request: (exchange) => void Promise.resolve(exchange.reply(ok(large))).then(sent.resolve),
      })
      const client = await bench.connect(served)
      client.get('/')
      await client.take(1000)
      client.socket.destroy()
      const { bytes, aborted } = await sent.promise
      assert.equal(aborted, true)
      assert.ok(bytes < large.length)
    })
  })

  describe('a streamed reply', () => {
    it('arrives piece by piece, and the connection goes on', async () => {
      const sent = promised<Sent>()
      const served = await bench.serve({
        request: (exchange) =>
          void Promise.resolve(exchange.reply(ok(streamOf(['one', '', 'two', 'three'])))).then(sent.resolve),
      })
      const client = await bench.connect(served)
      client.get('/')
      const response = await client.response()
      assert.equal(response.header('transfer-encoding'), 'chunked')
      assert.equal(response.body.toString(), 'onetwothree')
      assert.deepEqual(await sent.promise, { bytes: 11, aborted: false })
      client.get('/')
      assert.equal((await client.response()).body.toString(), 'onetwothree')
    })

    it('may be empty', async () => {
      const served = await bench.serve({ request: (exchange) => void exchange.reply(ok(streamOf([]))) })
      const client = await bench.connect(served)
      for (let i = 0; i < 2; i++) {
        client.get('/')
        assert.equal((await client.response()).body.length, 0)
      }
    })

    it('is not read faster than the client reads', async () => {
      const piece = new Uint8Array(256 * 1024)
      const total = 200
      let pulled = 0
      const stream = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            if (pulled++ < total) controller.enqueue(piece)
            else controller.close()
          },
        },
        { highWaterMark: 0 },
      )
      const served = await bench.serve({ request: (exchange) => void exchange.reply(ok(stream)) })
      const client = await bench.connect(served)
      client.socket.pause()
      client.get('/')
      let before = -1
      while (before !== pulled || pulled === 0) {
        before = pulled
        for (let i = 0; i < 50; i++) await turn()
      }
      assert.ok(pulled < total / 2, `pulled ${pulled} pieces while nobody read`)
      client.socket.resume()
      assert.equal((await client.response()).body.length, piece.length * total)
    })

    it('that fails cuts the connection, never ends it cleanly, and tells the handler', async () => {
      const failed = promised<unknown>()
      let pulled = 0
      const stream = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (pulled++ === 0) controller.enqueue(Buffer.from('begin'))
          else controller.error(new Error('disk on fire'))
        },
      })
      const served = await bench.serve({
        request: (exchange) => void Promise.resolve(exchange.reply(ok(stream))).catch(failed.resolve),
      })
      const client = await bench.connect(served)
      client.get('/')
      assert.match(String(await failed.promise), /disk on fire/)
      assert.ok(!(await client.rest()).includes('\r\n0\r\n'))
    })

    it('is cancelled when the client goes', async () => {
      const cancelled = promised<void>()
      const sent = promised<Sent>()
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(Buffer.from('begin')),
        cancel: () => cancelled.resolve(),
      })
      const served = await bench.serve({
        request: (exchange) => void Promise.resolve(exchange.reply(ok(stream))).then(sent.resolve),
      })
      const client = await bench.connect(served)
      client.get('/')
      await client.take(20)
      client.socket.destroy()
      await cancelled.promise
      assert.deepEqual(await sent.promise, { bytes: 5, aborted: true })
    })

    it('is cancelled, not read, for HEAD', async () => {
      const cancelled = promised<void>()
      const stream = new ReadableStream<Uint8Array>({ cancel: () => cancelled.resolve() })
      const served = await bench.serve({ request: (exchange) => void exchange.reply(ok(stream)) })
      const client = await bench.connect(served)
      client.write('HEAD / HTTP/1.1', 'Host: a', '', '')
      assert.equal((await client.response({ toHead: true })).status, 200)
      await cancelled.promise
    })
  })
}
