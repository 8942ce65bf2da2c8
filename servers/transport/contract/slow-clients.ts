// Clients that take their time: each wait has an end, and says so where somebody can still hear it.
import assert from 'node:assert/strict'
import { BodyError } from '../body-error.ts'
import type { Exchange, Sent } from '../port.ts'
import { DEFAULT_TIMEOUTS } from '../timeouts.ts'
import type { Bench } from './bench.ts'
import { ok, promised } from './bench.ts'

/** Short enough for a test, long enough for what does come. */
const SHORT_MS = 150

export function slowClientsContract(bench: Bench): void {
  const timeouts = { ...DEFAULT_TIMEOUTS, clientHeaderMs: SHORT_MS, clientBodyMs: SHORT_MS, sendMs: SHORT_MS }

  describe('a body that stops coming', () => {
    const readers: [how: string, read: (exchange: Exchange) => Promise<unknown>][] = [
      ['read whole', (exchange) => exchange.body(0)],
      ['read as a stream', (exchange) => drained(exchange.stream(0))],
    ]
    for (const [how, read] of readers) {
      it(`is too slow when it is ${how}: 408 arrives and the connection ends`, async () => {
        const served = await bench.serve(
          {
            async request(exchange) {
              const error = await read(exchange).catch((error: unknown) => error)
              assert.ok(error instanceof BodyError)
              await exchange.reply({ status: 408, headers: [], body: error.reason })
            },
          },
          { timeouts },
        )
        const client = await bench.connect(served)
        client.write('POST / HTTP/1.1', 'Host: a', 'Content-Length: 10', '', 'half')
        const response = await client.response()
        assert.equal(response.status, 408)
        assert.equal(response.body.toString(), 'too-slow')
        assert.equal(response.header('connection'), 'close')
        await client.ended
        assert.deepEqual(served.faults, [])
      })
    }

    it('is not too slow while nobody reads it', async () => {
      const exchange = promised<Exchange>()
      const served = await bench.serve({ request: exchange.resolve }, { timeouts })
      const client = await bench.connect(served)
      const size = 300_000
      client.write('POST / HTTP/1.1', 'Host: a', `Content-Length: ${size}`, '', 'x'.repeat(size))
      const asked = await exchange.promise
      const reader = asked.stream(0).getReader()
      let bytes = (await reader.read()).value!.length
      await new Promise((resolve) => setTimeout(resolve, 2 * SHORT_MS))
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) bytes += piece.value.length
      assert.equal(bytes, size)
      asked.reply(ok('all'))
      assert.equal((await client.response()).body.toString(), 'all')
    })
  })

  describe('a reply that nobody reads', () => {
    const large = Buffer.alloc(16 * 1024 * 1024)
    const endless = () =>
      new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(65536)) })
    for (const [what, body] of [['large', () => large] as const, ['streamed', endless] as const]) {
      it(`is cut when it is ${what}, and told as aborted`, async () => {
        const sent = promised<Sent>()
        const served = await bench.serve(
          { request: (exchange) => void Promise.resolve(exchange.reply(ok(body()))).then(sent.resolve) },
          { timeouts },
        )
        const client = await bench.connect(served)
        client.socket.pause()
        client.get('/')
        assert.equal((await sent.promise).aborted, true)
        client.socket.resume()
        await client.ended
        assert.deepEqual(served.faults, [])
      })
    }
  })

  // What uWebSockets.js imposes instead is told in timeouts.ts.
  if (bench.engine !== 'node') return
  describe('a connection', () => {
    for (const [what, bytes] of [
      ['that sends nothing', ''],
      ['whose head does not end', 'GET / HTTP/1.1\r\nHost: a\r\n'],
    ] as const) {
      it(`${what} is closed`, async () => {
        const served = await bench.serve({ request: () => assert.fail('reached the handler') }, { timeouts })
        const client = await bench.connect(served)
        client.write(bytes)
        await client.ended
      })
    }

    it('is closed when it has been idle for the keep-alive time, and after its last request', async () => {
      const idle = await bench.serve({}, { timeouts: { ...timeouts, keepaliveMs: SHORT_MS } })
      const client = await bench.connect(idle)
      client.get('/')
      assert.equal((await client.response()).status, 200)
      await client.ended
      const counted = await bench.serve({}, { timeouts: { ...DEFAULT_TIMEOUTS, keepaliveRequests: 2 } })
      const second = await bench.connect(counted)
      second.get('/')
      assert.notEqual((await second.response()).header('connection'), 'close')
      second.get('/')
      assert.equal((await second.response()).header('connection'), 'close')
      await second.ended
    })
  })
}

async function drained(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader()
  while (!(await reader.read()).done);
}
