// TLS and Unix sockets: what is asked of TCP holds there, too.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, linkSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { createTransport } from '../create-transport.ts'
import type { RequestHead, TlsOptions } from '../port.ts'
import { DEFAULT_TIMEOUTS } from '../timeouts.ts'
import type { Bench } from './bench.ts'
import { LIMITS, ok, promised } from './bench.ts'
import { CERTIFICATE, KEY } from './test-certificate.ts'

export function listeningContract(bench: Bench): void {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgeyard-listen-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function write(name: string, text: string): string {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }

  describe('TLS', () => {
    const files = (): TlsOptions => ({ certificate: write('cert.pem', CERTIFICATE), key: write('key.pem', KEY) })

    it('carries requests, which know it, large bodies and WebSockets', async () => {
      const seen = promised<RequestHead>()
      const large = Buffer.alloc(3_000_000, 'abcdefg')
      const served = await bench.serve(
        {
          async request(exchange) {
            seen.resolve(exchange.head)
            await exchange.reply(ok(await exchange.body(0)))
          },
          message: (socket, data) => void socket.send(data),
        },
        { tls: files() },
      )
      const client = await bench.connect(served)
      client.write('POST /a HTTP/1.1', 'Host: a', `Content-Length: ${large.length}`, '', '')
      client.socket.write(large)
      assert.ok((await client.response()).body.equals(large))
      const { secure, ip } = await seen.promise
      assert.deepEqual([secure, ip], [true, '127.0.0.1'])
      const webSocket = bench.webSocket(served)
      await webSocket.opened
      webSocket.ws.send('over TLS')
      assert.equal(await webSocket.message(), 'over TLS')
      const done = served.transport.drain()
      for (const socket of served.transport.sockets()) socket.close(1012)
      client.get('/last')
      assert.equal((await client.response()).header('connection'), 'close')
      await done
    })

    it('keeps to the ciphers it is given', async () => {
      const cipher = 'ECDHE-ECDSA-AES128-GCM-SHA256'
      const served = await bench.serve({}, { tls: { ...files(), ciphers: cipher } })
      const of = async (ciphers: string) => {
        const options = { port: served.port, rejectUnauthorized: false, maxVersion: 'TLSv1.2', ciphers } as const
        const socket = connectTls(options)
        try {
          await once(socket, 'secureConnect')
          return socket.getCipher().name
        } catch {
          return undefined
        } finally {
          socket.destroy()
        }
      }
      assert.equal(await of('ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384'), cipher)
      assert.equal(await of('ECDHE-ECDSA-AES256-GCM-SHA384'), undefined)
    })

    it('survives clients that speak something else', async () => {
      const served = await bench.serve({ request: () => assert.fail('reached the handler') }, { tls: files() })
      const plain = await bench.connect({ ...served, tls: false })
      plain.get('/')
      await plain.ended
      const gone = await bench.connect({ ...served, tls: false })
      gone.socket.end(Buffer.from([0x16, 3, 1, 2, 0, 1, 0]))
      await gone.ended
      const healthy = await bench.connect(served)
      assert.equal(healthy.socket.destroyed, false)
      assert.deepEqual(served.faults, [])
    })

    const refused: [what: string, of: () => TlsOptions, message: RegExp][] = [
      [
        'a certificate that is not there',
        () => ({ ...files(), certificate: join(folder, 'none') }),
        /read .*none.*ENOENT/,
      ],
      ['a key that is not there', () => ({ ...files(), key: join(folder, 'none') }), /key .*none/],
      ['a certificate that is none', () => ({ ...files(), certificate: write('bad.pem', 'x') }), /bad\.pem/],
      [
        'a key of another certificate',
        () => ({ ...files(), key: write('other.pem', anotherKey()) }),
        /other\.pem.*mismatch/,
      ],
      ['ciphers that there are not', () => ({ ...files(), ciphers: 'NONE' }), /ciphers "NONE"/],
      ['a protocol that there is not', () => ({ ...files(), protocols: ['SSLv3'] }), /"SSLv3"/],
      ['no protocol', () => ({ ...files(), protocols: [] }), /without a protocol/],
    ]
    for (const [what, of, message] of refused) {
      it(`with ${what} is refused with TLS_INVALID, which names it`, async () => {
        const handlers = {} as never
        const options = { engine: bench.engine, connectionsMax: 1, socketLimitsMax: LIMITS, timeouts: DEFAULT_TIMEOUTS }
        await assert.rejects(
          createTransport({ ...options, compression: false, handlers, tls: of() }),
          (error: Error) => {
            assert.equal((error as Error & { code: string }).code, 'TLS_INVALID')
            assert.match(error.message, message)
            return true
          },
        )
      })
    }
  })

  describe('a Unix socket', () => {
    it('carries requests and WebSockets of clients without an address, for everybody who reaches it', async () => {
      const path = join(folder, 's')
      const seen = promised<[ip: string, secure: boolean]>()
      const served = await bench.serve(
        {
          request(exchange) {
            const { ip, secure } = exchange.head
            seen.resolve([ip, secure])
            exchange.reply(ok('hello'))
          },
          message: (socket, data) => void socket.send(data),
        },
        {},
        { path },
      )
      assert.equal(statSync(path).mode & 0o777, 0o666)
      const client = await bench.connect(served)
      client.get('/')
      assert.equal((await client.response()).body.toString(), 'hello')
      assert.deepEqual(await seen.promise, ['unix:', false])
      const webSocket = bench.webSocket(served)
      await webSocket.opened
      webSocket.ws.send('hi')
      assert.equal(await webSocket.message(), 'hi')
    })

    it('is removed at the end, by draining and by destroying', async () => {
      for (const end of ['drain', 'destroy'] as const) {
        const path = join(folder, end)
        const { transport } = await bench.serve({}, {}, { path })
        assert.equal(existsSync(path), true)
        await transport[end]()
        assert.equal(existsSync(path), false)
      }
    })

    it('that another holds is PORT_TAKEN, and stays theirs', async () => {
      const path = join(folder, 's')
      const first = await bench.serve({}, {}, { path })
      await assert.rejects(bench.serve({}, {}, { path }), { code: 'PORT_TAKEN' })
      const client = await bench.connect(first)
      client.get('/')
      assert.equal((await client.response()).status, 200)
    })

    it('can be taken over: new clients come here, those of the other stay there, whose end removes nothing', async () => {
      const path = join(folder, 's')
      const first = await bench.serve({ request: (exchange) => void exchange.reply(ok('first')) }, {}, { path })
      const kept = await bench.connect(first)
      const address = { path, takeOver: true }
      const next = await bench.serve({ request: (exchange) => void exchange.reply(ok('second')) }, {}, address)
      const fresh = await bench.connect(next)
      fresh.get('/')
      assert.equal((await fresh.response()).body.toString(), 'second')
      const drained = first.transport.drain()
      kept.get('/')
      assert.equal((await kept.response()).body.toString(), 'first')
      await drained
      const again = await bench.connect(next)
      again.get('/')
      assert.equal((await again.response()).body.toString(), 'second')
    })

    it('that a dead process has left is replaced', async () => {
      const path = join(folder, 's')
      const left = createServer().listen(join(folder, 'bound'))
      await once(left, 'listening')
      // A hard link keeps the file that node:net removes.
      linkSync(join(folder, 'bound'), path)
      left.close()
      await once(left, 'close')
      assert.equal(existsSync(path), true)
      const served = await bench.serve({}, {}, { path })
      const client = await bench.connect(served)
      client.get('/')
      assert.equal((await client.response()).status, 200)
    })

    const impossible: [what: string, path: () => string, message: RegExp][] = [
      ['a folder that is not there', () => join(folder, 'none', 's'), /none\/s/],
      ['a file that is no socket', () => write('file', 'precious'), /no socket/],
      ['a link', () => linkTo(join(folder, 'file'), join(folder, 'link')), /no socket/],
      ['a path that is too long', () => join(folder, 'x'.repeat(120)), /longer than \d+ bytes/],
    ]
    for (const [what, path, message] of impossible) {
      it(`in the place of ${what} is SERVICE_FAILED`, async () => {
        await assert.rejects(bench.serve({}, {}, { path: path() }), { code: 'SERVICE_FAILED', message })
      })
    }
  })
}

function anotherKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function linkTo(target: string, path: string): string {
  symlinkSync(target, path)
  return path
}
