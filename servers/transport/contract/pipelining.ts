// Requests that come before the one in front of them is answered.
import assert from 'node:assert/strict'
import type { Exchange } from '../port.ts'
import type { Bench } from './bench.ts'
import { ok, promised, turn } from './bench.ts'

/** More than the engines collect before they write. */
const LARGE = Buffer.alloc(64 * 1024, 'large ')

export function pipeliningContract(bench: Bench): void {
  describe('requests that come together', () => {
    it('are answered in order', async () => {
      const served = await bench.serve({ request: (exchange) => void exchange.reply(ok(exchange.head.path)) })
      const client = await bench.connect(served)
      client.write('GET /1 HTTP/1.1', 'Host: a', '', 'GET /2 HTTP/1.1', 'Host: a', '', '')
      assert.equal((await client.response()).body.toString(), '/1')
      assert.equal((await client.response()).body.toString(), '/2')
    })

    it('are all told when their client goes before the first is answered', async () => {
      const arrived = promised<void>()
      const over: Promise<unknown>[] = []
      const served = await bench.serve({
        request(exchange) {
          over.push(new Promise((resolve) => exchange.aborted.addEventListener('abort', resolve)))
          if (exchange.head.path === '/first') arrived.resolve()
          else over.push(exchange.reply(ok(new Blob([LARGE]).stream() as never)) as Promise<unknown>)
        },
      })
      const client = await bench.connect(served)
      client.write('GET /first HTTP/1.1', 'Host: a', '', 'GET /second HTTP/1.1', 'Host: a', '', '')
      await arrived.promise
      await turn()
      client.socket.destroy()
      await Promise.all(over)
      assert.deepEqual(served.faults, [])
    })

    // Without a network the engine node reads all of it first, and what is behind the last request ends the connection.
    if (bench.memory) return

    const ends: [what: string, end: (exchange: Exchange) => Promise<unknown>][] = [
      ['is answered', async (exchange) => exchange.reply(ok(await exchange.body(100)))],
      ['is answered in pieces', async (exchange) => exchange.reply(ok(exchange.stream(100)))],
      [
        'is answered in pieces of known length',
        async (exchange) => {
          const { body, ...reply } = ok(exchange.stream(100))
          await exchange.reply({ ...reply, headers: [['Content-Length', '5']], body })
        },
      ],
      ['is given up', async (exchange) => exchange.body(100).then(() => exchange.destroy())],
    ]
    for (const [what, end] of ends) {
      it(`are all told of their end when the last that the connection may have has a body and ${what}`, async () => {
        const over: Promise<unknown>[] = []
        const closed = promised<void>()
        const served = await bench.serve({
          request(exchange) {
            if (exchange.head.path === '/large') exchange.reply(ok(LARGE))
            else if (exchange.head.path === '/last') over.push(end(exchange).finally(closed.resolve))
            else over.push(new Promise((resolve) => exchange.aborted.addEventListener('abort', resolve)))
          },
        })
        const client = await bench.connect(served)
        const last = ['POST /last HTTP/1.1', 'Host: a', 'Connection: close', 'Content-Length: 5', '', 'hello']
        const behind = 'PUT /behind HTTP/1.1'
        client.write('GET /large HTTP/1.1', 'Host: a', '', last.join('\r\n') + behind, 'Host: a', '', '')
        assert.equal((await client.response()).body.length, LARGE.length)
        await closed.promise
        await client.ended
        await Promise.all(over)
        assert.deepEqual(served.faults, [])
      })
    }
  })
}
