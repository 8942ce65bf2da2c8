// What reaches a handler of what a client sent, and what never does.
import assert from 'node:assert/strict'
import type { RequestHead } from '../port.ts'
import type { Bench } from './bench.ts'
import { ok, promised } from './bench.ts'

export function requestsContract(bench: Bench): void {
  /** The head that a handler gets for these bytes. */
  async function headOf(...lines: string[]): Promise<RequestHead> {
    const seen = promised<RequestHead>()
    const served = await bench.serve({
      request(exchange) {
        seen.resolve(exchange.head)
        exchange.reply(ok(''))
      },
    })
    const client = await bench.connect(served)
    client.write(...lines, '', '')
    return seen.promise
  }

  /** Bytes that must be answered with a status and the end of the connection, and reach no handler. */
  async function refusedWith(status: number, ...lines: string[]): Promise<void> {
    const served = await bench.serve({
      request(exchange) {
        assert.fail(`reached the handler: ${exchange.head.path}`)
      },
    })
    const client = await bench.connect(served)
    client.write(...lines, '', '')
    const response = await client.response()
    assert.equal(response.status, status)
    assert.equal(response.header('connection'), 'close')
    await client.ended
    assert.deepEqual(served.faults, [])
  }

  describe('a request', () => {
    it('arrives with its method, path, query and host', async () => {
      const head = await headOf('PATCH /a/b?x=1&y=%20 HTTP/1.1', 'Host: Dev1.Test:8080')
      assert.equal(head.method, 'PATCH')
      assert.equal(head.path, '/a/b')
      assert.equal(head.query, 'x=1&y=%20')
      assert.equal(head.host, 'dev1.test')
    })

    it('has the address of its client, also long after the handler has returned', async () => {
      const seen = promised<string[]>()
      const served = await bench.serve({
        request(exchange) {
          const atOnce = exchange.head.ip
          exchange.reply(ok(''))
          setImmediate(() => seen.resolve([atOnce, exchange.head.ip]))
        },
      })
      const client = await bench.connect(served)
      client.get('/')
      assert.deepEqual(await seen.promise, ['127.0.0.1', '127.0.0.1'])
      const late = promised<string>()
      const waiting = await bench.serve({
        request: (exchange) =>
          void setImmediate(() => {
            exchange.reply(ok(''))
            late.resolve(exchange.head.ip)
          }),
      })
      const patient = await bench.connect(waiting)
      patient.get('/')
      assert.equal(await late.promise, '127.0.0.1')
    })

    it('keeps repeated headers apart and in order, with lower-case names', async () => {
      const head = await headOf('GET / HTTP/1.1', 'Host: a', 'X-One: 1', 'Cookie: a=b', 'X-ONE: 2')
      assert.deepEqual(head.headers, [
        ['host', 'a'],
        ['x-one', '1'],
        ['cookie', 'a=b'],
        ['x-one', '2'],
      ])
    })

    it('reads header values as UTF-8', async () => {
      const head = await headOf('GET / HTTP/1.1', 'Host: a', `X-Name: ${latin1('Zoë!')}`)
      assert.deepEqual(head.headers[1], ['x-name', 'Zoë!'])
    })

    it('stays readable after an await', async () => {
      const seen = promised<RequestHead>()
      const served = await bench.serve({
        async request(exchange) {
          await new Promise((resolve) => setTimeout(resolve, 2))
          seen.resolve(exchange.head)
          exchange.reply(ok(''))
        },
      })
      const client = await bench.connect(served)
      client.get('/later', 'X-A: b')
      const head = await seen.promise
      assert.equal(head.path, '/later')
      assert.deepEqual(head.headers.at(-1), ['x-a', 'b'])
    })

    const paths: [sent: string, path: string][] = [
      ['/a/./b/../c', '/a/c'],
      ['/a/%2e%2e/c', '/c'],
      ['//a///b', '/a/b'],
      ['/a%2Fb', '/a%2Fb'],
      ['/%41%20b', '/A b'],
      ['/%C3%A9', '/é'],
    ]
    for (const [sent, path] of paths) {
      it(`sees ${path} when a client sends ${JSON.stringify(sent)}`, async () => {
        assert.equal((await headOf(`GET ${sent}?q HTTP/1.1`, 'Host: a')).path, path)
      })
    }

    it('with bytes above 0x7f in its path is read as UTF-8, or refused', async () => {
      const line = `GET /${latin1('é')} HTTP/1.1`
      if (bench.engine === 'node') await refusedWith(400, line, 'Host: a')
      else assert.equal((await headOf(line, 'Host: a')).path, '/é')
    })

    for (const path of ['/%', '/%zz', '/%00', '/../etc', '/%ff', '/\xe9']) {
      it(`is refused with 400 when its path is ${JSON.stringify(path)}`, async () => {
        await refusedWith(400, `GET ${path} HTTP/1.1`, 'Host: a')
      })
    }

    const refused: [what: string, lines: string[]][] = [
      ['two Hosts', ['GET / HTTP/1.1', 'Host: a', 'Host: b']],
      ['an impossible Host', ['GET / HTTP/1.1', 'Host: a/b']],
      ['no Host', ['GET / HTTP/1.1', 'X-A: b']],
      ['two Content-Lengths', ['POST / HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Content-Length: 2', '', 'ab']],
      ['two equal Content-Lengths', ['POST / HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Content-Length: 1', '', 'a']],
      ['a negative Content-Length', ['POST / HTTP/1.1', 'Host: a', 'Content-Length: -1']],
      [
        'both lengths',
        ['POST / HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Transfer-Encoding: chunked', '', '0', '', ''],
      ],
    ]
    for (const [what, lines] of refused) {
      it(`is refused with 400, and the connection ends, when it has ${what}`, () => refusedWith(400, ...lines))
    }

    it('is refused when its Transfer-Encoding is anything but chunked', async () => {
      const served = await bench.serve({ request: () => assert.fail('reached the handler') })
      const client = await bench.connect(served)
      client.write('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: gzip, chunked', '', '0', '', '')
      assert.match(String((await client.response()).status), /^(400|501)$/)
      await client.ended
    })

    it('may have 12 KiB of headers, and is refused with 431 far beyond', async () => {
      const value = 'x'.repeat(12 * 1024)
      assert.equal((await headOf('GET / HTTP/1.1', 'Host: a', `X-Big: ${value}`)).headers[1]?.[1], value)
      const served = await bench.serve()
      const client = await bench.connect(served)
      client.get('/', `X-Big: ${'x'.repeat(40 * 1024)}`)
      assert.equal((await client.response()).status, 431)
      await client.ended
    })

    it('of HTTP/1.0 is either served and closed, or refused with 505', async () => {
      const served = await bench.serve()
      const client = await bench.connect(served)
      client.write('GET / HTTP/1.0', '', '')
      assert.equal((await client.response()).status, bench.engine === 'node' ? 200 : 505)
      await client.ended
    })
  })
}

/** The UTF-8 bytes of a text, in the form in which the raw client writes bytes. */
function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}
