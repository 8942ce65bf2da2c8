// Bodies in both directions: limits, pieces, and clients that are slower than we are.
import assert from 'node:assert/strict'
import { BodyError } from '../body-error.ts'
import type { Exchange, WireReply } from '../port.ts'
import type { Bench } from './bench.ts'
import { ok, promised, streamOf, turn } from './bench.ts'

export function bodiesContract(bench: Bench): void {
  /** Answers with the body it got, or with 413. */
  async function echo(exchange: Exchange, bytesMax: number): Promise<void> {
    try {
      await exchange.reply(ok(await exchange.body(bytesMax)))
    } catch (error) {
      assert.ok(error instanceof BodyError)
      await exchange.reply({ status: error.reason === 'too-large' ? 413 : 400, headers: [], body: error.reason })
    }
  }

  describe('the body of a request', () => {
    it('is empty when there is none', async () => {
      const served = await bench.serve({ request: (exchange) => echo(exchange, 10) })
      const client = await bench.connect(served)
      client.get('/')
      assert.equal((await client.response()).body.length, 0)
    })

    it('arrives whole in one packet, in many, and chunked', async () => {
      const served = await bench.serve({ request: (exchange) => echo(exchange, 100) })
      const client = await bench.connect(served)
      client.write('POST / HTTP/1.1', 'Host: a', 'Content-Length: 5', '', 'hello')
      assert.equal((await client.response()).body.toString(), 'hello')
      client.write('POST / HTTP/1.1', 'Host: a', 'Content-Length: 5', '', '')
      for (const piece of 'world') {
        await turn()
        client.write(piece)
      }
      assert.equal((await client.response()).body.toString(), 'world')
      client.write('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', '', '3', 'abc', '2', 'de', '0', '', '')
      assert.equal((await client.response()).body.toString(), 'abcde')
    })

    it('is still whole when it is asked for late', async () => {
      const size = 300_000
      const pattern = 'abcdefghijk'.repeat(size).slice(0, size)
      const served = await bench.serve({
        async request(exchange) {
          for (let i = 0; i < 20; i++) await turn()
          await echo(exchange, 0)
        },
      })
      const client = await bench.connect(served)
      client.write('POST / HTTP/1.1', 'Host: a', `Content-Length: ${size}`, '', pattern)
      assert.equal((await client.response()).body.toString(), pattern)
      client.get('/')
      assert.equal((await client.response()).status, 200)
    })

    it('is dropped when nobody asks for it, and the connection goes on', async () => {
      const served = await bench.serve({
        async request(exchange) {
          await turn()
          exchange.reply(ok(exchange.head.path))
        },
      })
      const client = await bench.connect(served)
      client.write('POST /1 HTTP/1.1', 'Host: a', 'Content-Length: 200000', '', 'x'.repeat(200_000))
      assert.equal((await client.response()).body.toString(), '/1')
      client.get('/2')
      assert.equal((await client.response()).body.toString(), '/2')
    })

    it('may be read once', async () => {
      const second = promised<unknown>()
      let stream: unknown
      const served = await bench.serve({
        async request(exchange) {
          const first = exchange.body(0)
          exchange.body(0).catch(second.resolve)
          try {
            exchange.stream(0)
          } catch (error) {
            stream = error
          }
          await exchange.reply(ok(await first))
        },
      })
      const client = await bench.connect(served)
      client.write('POST / HTTP/1.1', 'Host: a', 'Content-Length: 2', '', 'ab')
      assert.equal((await client.response()).body.toString(), 'ab')
      assert.ok((await second.promise) instanceof TypeError)
      assert.ok(stream instanceof TypeError)
    })

    it('may be read piece by piece, no faster than it is taken', async () => {
      // More than the kernel keeps between the two.
      const size = 40 * 1024 * 1024
      const exchange = promised<Exchange>()
      const served = await bench.serve({ request: exchange.resolve })
      const client = await bench.connect(served)
      client.write('POST / HTTP/1.1', 'Host: a', `Content-Length: ${size}`, '', '')
      const sent = Buffer.alloc(size, 'abcdefg')
      client.socket.write(sent)
      const asked = await exchange.promise
      const reader = asked.stream(0).getReader()
      const pieces = [(await reader.read()).value!]
      let before = -1
      while (before !== client.socket.bytesWritten - client.socket.writableLength) {
        before = client.socket.bytesWritten - client.socket.writableLength
        for (let i = 0; i < 50; i++) await turn()
      }
      assert.ok(client.socket.writableLength > 0, 'all was taken although nobody read')
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) pieces.push(piece.value)
      assert.ok(Buffer.concat(pieces).equals(sent))
      asked.reply(ok('all'))
      assert.equal((await client.response()).body.toString(), 'all')
      client.get('/')
    })

    it('may be sent back while it comes', async () => {
      const size = 4 * 1024 * 1024
      const served = await bench.serve({ request: (exchange) => void exchange.reply(ok(exchange.stream(0))) })
      const client = await bench.connect(served)
      const sent = Buffer.alloc(size, 'abcdefg')
      for (let i = 0; i < 2; i++) {
        client.write('POST / HTTP/1.1', 'Host: a', `Content-Length: ${size}`, '', '')
        client.socket.write(sent)
        assert.ok((await client.response()).body.equals(sent))
      }
    })

    const large = Buffer.alloc(2 * 1024 * 1024, 'abcdefg')
    const replies: [what: string, reply: () => WireReply, length: number][] = [
      ['a short reply', () => ok('hello'), 5],
      ['a large one', () => ok(large), large.length],
      ['a stream', () => ok(streamOf(['one', 'two'])), 6],
      ['a stream that says its length', () => ok(streamOf(['one', 'two']), [['content-length', '6']]), 6],
      ['none at all', () => ({ status: 204, headers: [], body: undefined }), 0],
    ]
    for (const [what, reply, length] of replies) {
      it(`that is chunked may be answered with ${what}, before it is read and after`, async () => {
        for (const reads of [false, true]) {
          const served = await bench.serve({
            async request(exchange) {
              if (reads) await exchange.body(0)
              await exchange.reply(reply())
            },
          })
          const client = await bench.connect(served)
          client.write('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', '', '5', 'hello', '0', '', '')
          assert.equal((await client.response()).body.length, length)
          assert.deepEqual(served.faults, [])
        }
      })
    }

    it('is empty as a stream when there is none', async () => {
      const served = await bench.serve({ request: (exchange) => void exchange.reply(ok(exchange.stream(0))) })
      const client = await bench.connect(served)
      client.get('/')
      assert.equal((await client.response()).body.length, 0)
    })

    it('whose stream is given up is dropped, and the connection goes on', async () => {
      const served = await bench.serve({
        async request(exchange) {
          const reader = exchange.stream(0).getReader()
          await reader.read()
          await reader.cancel()
          await exchange.reply(ok('enough'))
        },
      })
      const client = await bench.connect(served)
      for (let i = 0; i < 2; i++) {
        client.write('POST / HTTP/1.1', 'Host: a', 'Content-Length: 500000', '', 'x'.repeat(500_000))
        assert.equal((await client.response()).body.toString(), 'enough')
      }
    })

    it('ends with the reply: whoever still waits for it learns that, and the connection goes on', async () => {
      for (const how of ['body', 'stream'] as const) {
        const failed = promised<unknown>()
        const served = await bench.serve({
          request(exchange) {
            if (exchange.head.method === 'POST') {
              const reading = how === 'body' ? exchange.body(0) : exchange.stream(0).getReader().closed
              reading.catch(failed.resolve)
            }
            exchange.reply(ok('early'))
          },
        })
        const client = await bench.connect(served)
        client.write('POST / HTTP/1.1', 'Host: a', 'Content-Length: 4', '', 'ab')
        assert.equal((await client.response()).body.toString(), 'early')
        const error = await failed.promise
        assert.ok(error instanceof BodyError)
        assert.equal(error.reason, 'gone')
        client.write('cd')
        client.get('/')
        assert.equal((await client.response()).body.toString(), 'early')
      }
    })

    it('as a stream fails when it is too large, and when the client goes', async () => {
      for (const end of ['too-large', 'gone'] as const) {
        const arrived = promised<void>()
        const failed = promised<unknown>()
        const served = await bench.serve({
          request(exchange) {
            exchange.stream(10).getReader().closed.catch(failed.resolve)
            arrived.resolve()
          },
        })
        const client = await bench.connect(served)
        client.write('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', '', '4', 'abcd', '')
        await arrived.promise
        if (end === 'gone') client.socket.destroy()
        else client.write('8', 'abcdefgh', '')
        const error = await failed.promise
        assert.ok(error instanceof BodyError)
        assert.equal(error.reason, end)
      }
    })

    const tooLarge: [what: string, lines: string[]][] = [
      ['by its Content-Length, before a byte of it came', ['Content-Length: 11', '', '']],
      ['by its Content-Length, when it comes along', ['Content-Length: 200000', '', 'x'.repeat(200_000)]],
      ['by the sum of its chunks', ['Transfer-Encoding: chunked', '', '6', 'abcdef', '5', 'ghijk', '0', '', '']],
    ]
    for (const [what, lines] of tooLarge) {
      it(`is too large ${what}: 413 arrives and the connection ends`, async () => {
        const served = await bench.serve({ request: (exchange) => echo(exchange, 10) })
        const client = await bench.connect(served)
        client.write('POST / HTTP/1.1', 'Host: a', ...lines)
        const response = await client.response()
        assert.equal(response.status, 413)
        assert.equal(response.body.toString(), 'too-large')
        assert.equal(response.header('connection'), 'close')
        assert.equal(await client.ended, 'end')
      })
    }

    it('rejects with "gone" when the client goes in the middle of it', async () => {
      const failed = promised<unknown>()
      const arrived = promised<void>()
      const served = await bench.serve({
        request(exchange) {
          exchange.body(0).catch(failed.resolve)
          arrived.resolve()
        },
      })
      const client = await bench.connect(served)
      client.write('POST / HTTP/1.1', 'Host: a', 'Content-Length: 10', '', 'half')
      await arrived.promise
      client.socket.destroy()
      const error = await failed.promise
      assert.ok(error instanceof BodyError)
      assert.equal(error.reason, 'gone')
    })
  })
}
