// What reaches a client of what a handler answered, and what may not be sent.
import assert from 'node:assert/strict'
import type { Exchange, Sent, WireReply } from '../port.ts'
import type { Bench } from './bench.ts'
import { ok, promised, turn } from './bench.ts'

export function repliesContract(bench: Bench): void {
  async function answer(reply: WireReply, request = 'GET / HTTP/1.1') {
    const sent = promised<Sent>()
    const served = await bench.serve({
      request: (exchange) => void Promise.resolve(exchange.reply(reply)).then(sent.resolve),
    })
    const client = await bench.connect(served)
    client.write(request, 'Host: a', '', '')
    const response = await client.response({ toHead: request.startsWith('HEAD') })
    return { response, client, sent: await sent.promise, served }
  }

  describe('a reply', () => {
    it('carries its status, headers and body, and tells how many bytes went out', async () => {
      const { response, sent } = await answer({ status: 201, headers: [['X-A', 'b']], body: 'h\u00e9llo' })
      assert.equal(response.status, 201)
      assert.equal(response.header('x-a'), 'b')
      assert.equal(response.body.toString(), 'héllo')
      assert.deepEqual([sent.bytes, sent.aborted], [6, false])
    })

    it('sends repeated headers apart, and latin-1 values as they are', async () => {
      const { response } = await answer(
        ok('', [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['X-L', 'caf\xe9'],
        ]),
      )
      const cookies = response.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value)
      assert.deepEqual(cookies, ['a=1', 'b=2'])
      assert.equal(response.header('x-l'), 'caf\xe9')
    })

    it('says nothing about the engine', async () => {
      const { response } = await answer(ok('x'))
      for (const name of ['uwebsockets', 'server', 'x-powered-by']) assert.equal(response.header(name), undefined)
    })

    it('has one Content-Length, its own, whatever the handler says', async () => {
      const { response } = await answer(
        ok('four', [
          ['Content-Length', '99'],
          ['Transfer-Encoding', 'gzip'],
        ]),
      )
      const lengths = response.headers.filter(([name]) => name === 'content-length')
      assert.deepEqual(lengths, [['content-length', '4']])
      assert.equal(response.header('transfer-encoding'), undefined)
    })

    it('to HEAD has the length and not the body', async () => {
      const { response, client, sent } = await answer(ok('hello'), 'HEAD / HTTP/1.1')
      assert.equal(response.header('content-length'), '5')
      assert.equal(sent.bytes, 0)
      client.write('HEAD / HTTP/1.1', 'Host: a', '', '')
      assert.equal((await client.response({ toHead: true })).status, 200)
    })

    it('to HEAD without a body keeps the length it is given', async () => {
      const { response } = await answer(ok(undefined, [['content-length', '1234']]), 'HEAD / HTTP/1.1')
      assert.equal(response.header('content-length'), '1234')
    })

    for (const status of [204, 304]) {
      it(`of ${status} has neither body nor length, and the connection goes on`, async () => {
        const { response, client } = await answer({ status, headers: [], body: 'not sent' })
        assert.equal(response.header('content-length'), undefined)
        client.get('/')
        assert.equal((await client.response()).status, status)
      })
    }

    it('with "connection: close" ends the connection', async () => {
      const { response, client } = await answer(ok('bye', [['connection', 'close']]))
      assert.equal(response.header('connection'), 'close')
      assert.equal(await client.ended, 'end')
    })

    it('with "connection: close" is the last: what was sent behind its request reaches no handler', async () => {
      let requests = 0
      const served = await bench.serve({
        request(exchange) {
          requests++
          exchange.reply(ok('bye', [['connection', 'close']]))
        },
      })
      const client = await bench.connect(served)
      client.write('GET /1 HTTP/1.1', 'Host: a', '', 'GET /2 HTTP/1.1', 'Host: a', '', '')
      await client.ended
      assert.equal(requests, 1)
    })

    it('given late, after the handler has returned, arrives whole', async () => {
      const served = await bench.serve({
        async request(exchange) {
          await turn()
          exchange.reply(ok('late', [['X-A', 'b']]))
        },
      })
      const client = await bench.connect(served)
      for (let i = 0; i < 3; i++) {
        client.get('/')
        const response = await client.response()
        assert.equal(response.body.toString(), 'late')
        assert.equal(response.header('x-a'), 'b')
      }
    })

    it('counts once: a second one is not sent', async () => {
      const second = promised<Sent>()
      const served = await bench.serve({
        request(exchange) {
          exchange.reply(ok('first'))
          Promise.resolve(exchange.reply(ok('second'))).then(second.resolve)
        },
      })
      const client = await bench.connect(served)
      client.get('/')
      assert.equal((await client.response()).body.toString(), 'first')
      assert.equal((await second.promise).bytes, 0)
    })

    const unsendable: [what: string, reply: WireReply][] = [
      ['a line break in a value', ok('', [['X-A', 'b\r\nX-Evil: 1']])],
      ['a bare LF in a value', ok('', [['X-A', 'b\nc']])],
      ['NUL in a value', ok('', [['X-A', 'b\0c']])],
      ['a value beyond latin-1', ok('', [['X-A', '\u20ac']])],
      ['a value that is no string', ok('', [['X-A', 5 as never]])],
      ['a space in a name', ok('', [['X A', 'b']])],
      ['a line break in a name', ok('', [['X-A\r\nX-Evil', 'b']])],
      ['an empty name', ok('', [['', 'b']])],
      ['status 99', { status: 99, headers: [], body: '' }],
      ['status 101', { status: 101, headers: [], body: '' }],
      ['status 600', { status: 600, headers: [], body: '' }],
      ['status 200.5', { status: 200.5, headers: [], body: '' }],
      ['a body that is a number', ok(5 as never)],
    ]
    for (const [what, reply] of unsendable) {
      it(`with ${what} is a TypeError, and nothing was sent`, async () => {
        const served = await bench.serve({
          request(exchange) {
            assert.throws(() => exchange.reply(reply), TypeError)
            exchange.reply(ok('instead'))
          },
        })
        const client = await bench.connect(served)
        client.get('/')
        const response = await client.response()
        assert.equal(response.body.toString(), 'instead')
        assert.equal(response.header('x-evil'), undefined)
        assert.deepEqual(served.faults, [])
      })
    }
  })

  describe('a handler', () => {
    for (const [how, request] of [
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
      it(`that ${how} is told as a fault and answered with 500, and the server lives`, async () => {
        let broken = true
        const served = await bench.serve({
          request: (exchange: Exchange) => (broken ? request() : void exchange.reply(ok('alive'))),
        })
        const client = await bench.connect(served)
        client.get('/')
        assert.equal((await client.response()).status, 500)
        assert.match(String(served.faults[0]), /oops/)
        broken = false
        const next = await bench.connect(served)
        next.get('/')
        assert.equal((await next.response()).body.toString(), 'alive')
      })
    }

    it('that throws after it has replied changes nothing for the client', async () => {
      const served = await bench.serve({
        request(exchange) {
          exchange.reply(ok('sent'))
          throw new Error('late')
        },
      })
      const client = await bench.connect(served)
      client.get('/')
      assert.equal((await client.response()).body.toString(), 'sent')
      assert.equal(served.faults.length, 1)
    })

    it('learns that the client has gone, and may still reply without harm', async () => {
      const aborted = promised<Exchange>()
      const arrived = promised<void>()
      const served = await bench.serve({
        request(exchange) {
          exchange.aborted.addEventListener('abort', () => aborted.resolve(exchange))
          arrived.resolve()
        },
      })
      const client = await bench.connect(served)
      client.get('/')
      await arrived.promise
      client.socket.destroy()
      const exchange = await aborted.promise
      assert.deepEqual(await exchange.reply(ok('nobody')), { bytes: 0, aborted: true })
      exchange.destroy()
      assert.equal(exchange.aborted.aborted, true)
    })

    it('that destroys the exchange cuts the connection', async () => {
      for (const late of [false, true]) {
        const served = await bench.serve({
          async request(exchange) {
            if (late) await turn()
            exchange.destroy()
            assert.deepEqual(await exchange.reply(ok('no')), { bytes: 0, aborted: true })
          },
        })
        const client = await bench.connect(served)
        client.get('/')
        assert.equal(await client.rest(), '')
        assert.deepEqual(served.faults, [])
      }
    })
  })
}
