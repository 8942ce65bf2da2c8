// The same bytes, however they come: in pieces, many requests at once, half of them, or not to the end.
import assert from 'node:assert/strict'
import { describeEngine } from '../describe-engine.ts'
import type { Exchange, TransportHandlers } from '../port.ts'
import type { Bench, Served } from './bench.ts'
import { ok, promised, turn } from './bench.ts'
import type { RawClient } from './raw-client.ts'

/** A request that arrives in two pieces is read as two: the loop has turned in between. */
async function writeInTwo(client: RawClient, bytes: Buffer, at: number): Promise<void> {
  client.socket.write(bytes.subarray(0, at))
  for (let i = 0; i < 3; i++) await turn()
  client.socket.write(bytes.subarray(at))
}

export function deliveryContract(bench: Bench): void {
  const { knownBad } = describeEngine(bench.engine)

  async function echo(exchange: Exchange): Promise<void> {
    const { method, path, query } = exchange.head
    const body = Buffer.from(await exchange.body(0)).toString()
    await exchange.reply(ok(`${method} ${path} ${query} ${body}`))
  }

  describe('a request in two pieces', () => {
    const line = 'POST /a/b?c=d HTTP/1.1\r\n'
    const bodies: [what: string, rest: string][] = [
      ['with a length', 'Host: a.test\r\nX-Long: abc\r\nContent-Length: 5\r\n\r\nhello'],
      ['chunked', 'Host: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n02\r\nlo\r\n0\r\n\r\n'],
    ]
    for (const [what, rest] of bodies) {
      it(`${what} is read as if it had come in one, wherever it is split`, async () => {
        const served = await bench.serve({ request: echo })
        const bytes = Buffer.from(line + rest, 'latin1')
        for (let at = 1; at < bytes.length; at++) {
          const client = await bench.connect(served)
          await writeInTwo(client, bytes, at)
          const response = await client.response()
          // What a known-bad build does is said at start.
          if (knownBad.length > 0 && at < line.length) assert.ok([200, 505].includes(response.status), `split at ${at}`)
          else assert.equal(response.status, 200, `split at ${at}`)
          if (response.status === 200) assert.equal(response.body.toString(), 'POST /a/b c=d hello')
          client.socket.destroy()
        }
        assert.deepEqual(served.faults, [])
      })
    }

    it('that arrives byte by byte behind its request line is read, too', async () => {
      const served = await bench.serve({ request: echo })
      const client = await bench.connect(served)
      client.write(line)
      for (const byte of bodies[0]![1]) {
        await turn()
        client.write(byte)
      }
      assert.equal((await client.response()).body.toString(), 'POST /a/b c=d hello')
    })
  })

  describe('a WebSocket message in two pieces', () => {
    it('is read as if it had come in one, wherever it is split', async () => {
      let heard = promised<string | Uint8Array>()
      const served = await bench.serve({ message: (_socket, data) => heard.resolve(data) })
      const client = await bench.connect(served)
      client.get('/ws', ...HANDSHAKE)
      assert.equal((await client.response()).status, 101)
      const long = 'x'.repeat(200)
      for (const text of ['', 'hello', long]) {
        const frame = textFrame(text)
        for (let at = 1; at < frame.length; at++) {
          heard = promised()
          await writeInTwo(client, frame, at)
          assert.equal(await heard.promise, text)
        }
      }
    })

    it('in two fragments, with a ping between them, is one message', async () => {
      const heard = promised<string | Uint8Array>()
      const served = await bench.serve({ message: (_socket, data) => heard.resolve(data) })
      const client = await bench.connect(served)
      client.get('/ws', ...HANDSHAKE)
      await client.response()
      const [first, ping, last] = [textFrame('hel', 0x01), textFrame('p', 0x89), textFrame('lo', 0x80)]
      client.socket.write(Buffer.concat([first, ping, last]))
      assert.equal(await heard.promise, 'hello')
    })
  })

  describe('requests that are sent together', () => {
    it('and answered at once are answered in order, bodies and all', async () => {
      const served = await bench.serve({ request: (exchange) => void exchange.reply(ok(exchange.head.path)) })
      const client = await bench.connect(served)
      const post = (path: string) => [`POST ${path} HTTP/1.1`, 'Host: a', 'Content-Length: 3', '', 'abc']
      const many = Array.from({ length: 20 }, (_, i) => `/${i}`)
      client.write(many.map((path) => post(path).join('\r\n')).join(''))
      for (const path of many) assert.equal((await client.response()).body.toString(), path)
    })

    it('of which a later one is refused are answered up to there, whatever it drags behind it, and the connection ends', async () => {
      const served = await bench.serve({ request: (exchange) => void exchange.reply(ok(exchange.head.path)) })
      const client = await bench.connect(served)
      const refused = ['GET /2 HTTP/1.1', 'Host: a', 'Host: b', 'Content-Length: 200000', '', 'x'.repeat(200_000)]
      client.write('GET /1 HTTP/1.1', 'Host: a', '', ...refused)
      assert.equal((await client.response()).body.toString(), '/1')
      await client.ended
      while (served.transport.connections > 0) await turn()
    })

    it('of which the second asks for a WebSocket are answered in order, or the connection ends', async () => {
      const held = promised<Exchange>()
      const served = await bench.serve({ request: held.resolve })
      const client = await bench.connect(served)
      client.write(`GET /1 HTTP/1.1\r\nHost: a\r\n\r\n${get(HANDSHAKE)}`)
      const first = await held.promise
      await turn()
      first.reply(ok('/1'))
      await turn()
      assert.doesNotMatch(client.unread.split('/1')[0]!, / 101 /)
      client.socket.destroy()
      while (served.transport.connections > 0) await turn()
      assert.deepEqual(served.faults, [])
    })

    it('and answered later are answered in order, or the connection ends before anything is mixed up', async () => {
      const held: Exchange[] = []
      const first = promised<void>()
      const served = await bench.serve({
        async request(exchange) {
          held.push(exchange)
          first.resolve()
        },
      })
      const client = await bench.connect(served)
      client.write('GET /1 HTTP/1.1', 'Host: a', '', 'GET /2 HTTP/1.1', 'Host: a', '', '')
      await first.promise
      if (bench.engine === 'uws') {
        assert.equal(await client.rest(), '')
        assert.equal(held.length, 1)
        assert.deepEqual(await held[0]!.reply(ok('late')), { bytes: 0, aborted: true })
        return
      }
      while (held.length < 2) await turn()
      held[1]!.reply(ok('/2'))
      held[0]!.reply(ok('/1'))
      assert.equal((await client.response()).body.toString(), '/1')
      assert.equal((await client.response()).body.toString(), '/2')
    })
  })

  describe('a client that ends its side', () => {
    it('with its request is answered when the handler answers at once', async () => {
      const served = await bench.serve()
      const client = await bench.connect(served, { allowHalfOpen: true })
      client.socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      assert.equal((await client.response()).body.toString(), 'ok')
      await client.ended
    })

    it('before the reply is taken for gone', async () => {
      const arrived = promised<Exchange>()
      const served = await bench.serve({ request: arrived.resolve })
      const client = await bench.connect(served, { allowHalfOpen: true })
      client.get('/')
      const { aborted } = await arrived.promise
      const gone = promised<void>()
      aborted.addEventListener('abort', () => gone.resolve())
      client.socket.end()
      await gone.promise
      await client.ended
      while (served.transport.connections > 0) await turn()
    })
  })

  describe('a client that goes', () => {
    const large = Buffer.alloc(4 * 1024 * 1024)
    const endless = () =>
      new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(1000)) })
    type Stage = [stage: string, handlers: Partial<TransportHandlers>, bytes: string, waitForBytes: number]
    const stages: Stage[] = [
      ['before a byte', {}, '', 0],
      ['inside the request line', {}, 'GET /a', 0],
      ['inside a header', {}, 'GET / HTTP/1.1\r\nHos', 0],
      ['inside a body that is read', { request: (exchange) => void exchange.body(0).catch(() => {}) }, post('ab'), 0],
      ['inside a body that nobody reads', { request: () => {} }, post('ab'), 0],
      ['inside a chunk', { request: (exchange) => void exchange.body(0).catch(() => {}) }, chunked('5\r\nab'), 0],
      ['before the reply', { request: () => {} }, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 0],
      ['with the reply', {}, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 1],
      ['inside a large reply', { request: (exchange) => void exchange.reply(ok(large)) }, get(), 1000],
      ['inside a streamed reply', { request: (exchange) => void exchange.reply(ok(endless())) }, get(), 1000],
      ['inside a handshake', { handshake: () => {} }, get(HANDSHAKE), 0],
      ['after a handshake', {}, get(HANDSHAKE), 1],
      ['inside a frame', { open: (socket) => void socket.send('x'.repeat(100)) }, get(HANDSHAKE), 150],
    ]
    for (const [stage, handlers, bytes, waitForBytes] of stages) {
      for (const how of ['end', 'resetAndDestroy'] as const) {
        it(`${stage} (${how}) leaves nothing open and harms nobody`, async () => {
          const served = await bench.serve(handlers)
          const client = await bench.connect(served)
          client.socket.write(bytes, 'latin1')
          await client.take(waitForBytes)
          for (let i = 0; i < 3; i++) await turn()
          if (stage === 'inside a frame') client.socket.write(textFrame('hello').subarray(0, 4))
          client.socket[how]()
          await client.ended
          while (served.transport.connections > 0) await turn()
          assert.deepEqual(served.faults, [])
          await answers(bench, served)
        })
      }
    }
  })
}

const HANDSHAKE = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

function get(headers: readonly string[] = []): string {
  return ['GET / HTTP/1.1', 'Host: a', ...headers, '', ''].join('\r\n')
}

function post(body: string): string {
  return ['POST / HTTP/1.1', 'Host: a', 'Content-Length: 1000', '', body].join('\r\n')
}

function chunked(body: string): string {
  return ['POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', '', body].join('\r\n')
}

/** Masked with zeros, so that it stays readable. */
function textFrame(text: string, first = 0x81): Buffer {
  const length = text.length < 126 ? [0x80 | text.length] : [0x80 | 126, text.length >> 8, text.length & 0xff]
  return Buffer.concat([Buffer.from([first, ...length, 0, 0, 0, 0]), Buffer.from(text, 'latin1')])
}

/** Somebody else can still shake hands: the least that has to work, whatever the handler of requests does. */
async function answers(bench: Bench, served: Served): Promise<void> {
  const client = await bench.connect(served)
  client.get('/', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 8', HANDSHAKE[3]!)
  assert.equal((await client.response()).status, 426)
}
