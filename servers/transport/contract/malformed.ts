// Bytes that are no HTTP, or that two readers would read differently: none of them reaches a handler as something else.
import assert from 'node:assert/strict'
import { BodyError } from '../body-error.ts'
import type { Bench } from './bench.ts'
import { ok, turn } from './bench.ts'

/** What a client gets; `silence`: nothing, until the engine cuts it (uWebSockets.js, after 10 s). */
type Answer = number | 'silence'

export function malformedContract(bench: Bench): void {
  const head = (...lines: string[]) => ['GET /x HTTP/1.1', ...lines, '', ''].join('\r\n')
  const many = (count: number) => Array.from({ length: count }, () => 'A: b')

  describe('a head', () => {
    const heads: [what: string, bytes: string, uws: Answer, node: Answer][] = [
      ['without any header', head(), 'silence', 400],
      ['with a bare CR in a value', head('Host: a', 'X: a\rb'), 'silence', 400],
      ['with NUL in a value', head('Host: a', 'X: a\0b'), 'silence', 400],
      ['with a space before a colon', head('Host: a', 'X : a'), 'silence', 400],
      ['with a folded value', head('Host: a', 'X: a', ' b'), 'silence', 400],
      ['with a header that has no colon', head('Host: a', 'abc'), 'silence', 400],
      ['with a header whose name is no token', head('Host: a', 'X(: b'), 'silence', 400],
      ['with a header whose name is not ASCII', head('Host: a', 'X\xe9: b'), 'silence', 400],
      ['with line feeds alone', 'GET /x HTTP/1.1\nHost: a\n\n', 505, 400],
      ['with a tab in its target', 'GET /x\ty HTTP/1.1\r\nHost: a\r\n\r\n', 505, 400],
      ['with a space in its target', 'GET /x y HTTP/1.1\r\nHost: a\r\n\r\n', 505, 400],
      ['with a target of *', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 505, 400],
      ['with a method that is no token', 'GE(T /x HTTP/1.1\r\nHost: a\r\n\r\n', 400, 400],
      ['with a method in lower case', 'get /x HTTP/1.1\r\nHost: a\r\n\r\n', 400, 400],
      ['of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 400],
      ['of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 505, 400],
      ['with a length of +1', head('Host: a', 'Content-Length: +1'), 400, 400],
      ['with a length of 0x1', head('Host: a', 'Content-Length: 0x1'), 400, 400],
      ['with an empty length', head('Host: a', 'Content-Length: '), 400, 400],
      ['with a length beyond all numbers', head('Host: a', 'Content-Length: 99999999999999999999'), 400, 400],
      [
        'with chunks twice',
        head('Host: a', ...['chunked', 'chunked'].map((te) => `Transfer-Encoding: ${te}`)),
        400,
        400,
      ],
      ['with xchunked', head('Host: a', 'Transfer-Encoding: xchunked'), 501, 400],
      ['with a second Host behind a thousand headers', head('Host: a', ...many(1500), 'Host: b'), 431, 400],
    ]
    for (const [what, bytes, uws, node] of heads) {
      const answer = bench.engine === 'uws' ? uws : node
      it(`${what} gets ${answer}, reaches no handler and harms nobody`, async () => {
        const served = await bench.serve({
          request(exchange) {
            assert.equal(exchange.head.path, '/healthy')
            exchange.reply(ok('healthy'))
          },
        })
        const client = await bench.connect(served)
        client.write(bytes)
        if (answer !== 'silence') {
          assert.equal((await client.response()).status, answer)
          await client.ended
        }
        const next = await bench.connect(served)
        next.get('/healthy')
        assert.equal((await next.response()).body.toString(), 'healthy')
        if (answer === 'silence') assert.equal(client.unread, '')
        assert.deepEqual(served.faults, [])
      })
    }

    it('is refused before another that was smuggled in behind it', async () => {
      const served = await bench.serve({
        request: (exchange) => assert.fail(`reached the handler: ${exchange.head.path}`),
      })
      const client = await bench.connect(served)
      const smuggled = head('Host: a').replace('/x', '/smuggled')
      client.write('POST /x HTTP/1.1', 'Host: a', 'Content-Length: 0', 'Content-Length: 45', '', smuggled)
      await client.ended
      assert.deepEqual(served.faults, [])
    })

    it('with a header that has no name is refused, or ends there for everybody', async () => {
      const served = await bench.serve({
        request: (exchange) => void exchange.reply(ok(`${exchange.head.headers.length}`)),
      })
      const client = await bench.connect(served)
      client.write(head('Host: a', ': b'))
      const response = await client.response()
      if (bench.engine === 'node') assert.equal(response.status, 400)
      else assert.equal(response.body.toString(), '1')
    })

    it('may hold as many headers as browsers and proxies send', async () => {
      const served = await bench.serve({
        request: (exchange) => void exchange.reply(ok(`${exchange.head.headers.length}`)),
      })
      const client = await bench.connect(served)
      client.get('/', ...many(90))
      assert.equal((await client.response()).body.toString(), '91')
    })

    it('with a whole URL in its request line is read as its path, or refused with 505', async () => {
      const served = await bench.serve({
        request: (exchange) => void exchange.reply(ok(`${exchange.head.path} ${exchange.head.query}`)),
      })
      const client = await bench.connect(served)
      client.write('GET http://a/x?y HTTP/1.1', 'Host: a', '', '')
      const response = await client.response()
      if (bench.engine === 'uws') assert.equal(response.status, 505)
      else assert.equal(response.body.toString(), '/x y')
    })
  })

  describe('a chunked body', () => {
    /** What the handlers of all requests on a connection saw, for what is sent as the body of the first. */
    async function heard(body: string): Promise<{ seen: string[]; rest: string }> {
      const seen: string[] = []
      const served = await bench.serve({
        async request(exchange) {
          try {
            const bytes = Buffer.from(await exchange.body(0))
            seen.push(`${exchange.head.path} ${bytes}`)
            await exchange.reply(ok('read'))
          } catch (error) {
            seen.push(`${exchange.head.path} ${error instanceof BodyError ? error.reason : error}`)
          }
        },
      })
      const client = await bench.connect(served)
      client.write('POST /first HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', '', body)
      const rest = await client.rest()
      assert.deepEqual(served.faults, [])
      return { seen, rest }
    }

    const broken: [what: string, body: string][] = [
      ['whose size is no number', 'zz\r\nabc\r\n0\r\n\r\n'],
      ['whose size is beyond all numbers', 'fffffffffffffffff\r\nabc\r\n0\r\n\r\n'],
      ['whose size is negative', '-1\r\nabc\r\n0\r\n\r\n'],
    ]
    for (const [what, body] of broken) {
      it(`with a chunk ${what} fails, and its connection ends`, async () => {
        const { seen, rest } = await heard(body)
        assert.deepEqual(seen, ['/first gone'])
        assert.doesNotMatch(rest, /200 OK/)
      })
    }

    it('with a chunk that does not end where it says never gives way to another request', async () => {
      const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
      const { seen } = await heard(`3\r\nabcXX0\r\n\r\n${smuggled}`)
      assert.equal(seen.length, 1)
      assert.doesNotMatch(seen[0]!, /smuggled/)
    })

    if (bench.engine === 'uws') {
      it('is the last of its connection, because this engine takes chunks that do not end where they say', async () => {
        const { seen, rest } = await heard('3\r\nabc\r\n0\r\n\r\n')
        assert.deepEqual(seen, ['/first abc'])
        assert.match(rest, /Connection: close/)
      })
    } else {
      it('may have chunk extensions and trailers, which nobody sees', async () => {
        const { seen } = await heard(
          '3;a=b\r\nabc\r\n0\r\nX-T: 1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
        )
        assert.deepEqual(seen, ['/first abc', '/ '])
      })
    }
  })

  describe('a connection that is one of many', () => {
    it('with garbage leaves the others alone', async () => {
      const served = await bench.serve()
      const good = await bench.connect(served)
      for (let i = 0; i < 20; i++) {
        const bad = await bench.connect(served)
        bad.write('\0\xff'.repeat(i + 1))
        await turn()
        good.get('/')
        assert.equal((await good.response()).status, 200)
        bad.socket.resetAndDestroy()
      }
      assert.deepEqual(served.faults, [])
    })
  })
}
