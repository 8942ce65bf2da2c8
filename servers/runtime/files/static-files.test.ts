import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { type ServingEdgeServer, startEdgeServer } from '../../testing/edge-server.ts'
import { createSandboxFolder, type SandboxFolder } from '../../testing/sandbox-folder.ts'

describe('files of a release', () => {
  let sandbox: SandboxFolder
  let server: ServingEdgeServer
  const large = Buffer.alloc(300_000, 'edge')

  before(async () => {
    sandbox = await createSandboxFolder({
      server: 'location /play/ { root public; }',
      files: {
        'public/play/index.html': '<h1>play</h1>',
        'public/play/a b.txt': 'spaced',
        'public/play/large.bin': large,
        'public/play/sub/index.html': 'sub',
        'public/play/what?#%/index.html': 'what',
        'public/play/.secret': 'hidden',
        'public/other.txt': 'not below the location',
        'secret.txt': 'outside',
      },
    })
    await symlink(join(sandbox.prefix, 'secret.txt'), join(sandbox.prefix, 'public/play/link.txt'))
    await symlink(sandbox.prefix, join(sandbox.prefix, 'public/play/up'))
    server = await startEdgeServer(sandbox.prefix)
  })
  after(async () => {
    await server.kill()
    await sandbox.remove()
  })

  it('are served with their type, whole or piece by piece', async () => {
    const index = await fetch(`${server.url}/play/`)
    assert.equal(await index.text(), '<h1>play</h1>')
    assert.equal(index.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.equal(await (await fetch(`${server.url}/play/a%20b.txt`)).text(), 'spaced')
    const reply = await fetch(`${server.url}/play/large.bin`)
    assert.equal(reply.headers.get('content-length'), String(large.length))
    assert.equal(reply.headers.get('content-type'), 'application/octet-stream')
    assert.deepEqual(Buffer.from(await reply.arrayBuffer()), large)
  })

  it('are sent in part, short and long parts and several at once', async () => {
    const partOf = async (range: string) => {
      const reply = await fetch(`${server.url}/play/large.bin`, { headers: { range: `bytes=${range}` } })
      const body = Buffer.from(await reply.arrayBuffer())
      assert.deepEqual([reply.status, Number(reply.headers.get('content-length'))], [206, body.length])
      return { body, range: reply.headers.get('content-range') }
    }
    for (const [from, to] of [
      [1, 100],
      [7, 250_000],
      [299_999, 299_999],
    ] as const) {
      const { body, range } = await partOf(`${from}-${to}`)
      assert.equal(range, `bytes ${from}-${to}/300000`)
      assert.ok(body.equals(large.subarray(from, to + 1)))
    }
    const { body } = await partOf('0-149999,150001-299999')
    assert.ok(body.includes(large.subarray(0, 150_000)))
    assert.ok(body.includes(large.subarray(150_001)))
  })

  it('answer HEAD with the length, and other methods with 405', async () => {
    const head = await fetch(`${server.url}/play/large.bin`, { method: 'HEAD' })
    assert.equal(head.headers.get('content-length'), String(large.length))
    const post = await fetch(`${server.url}/play/`, { method: 'POST' })
    assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD'])
  })

  it('are not sent again to who has them', async () => {
    const first = await fetch(`${server.url}/play/`)
    const etag = first.headers.get('etag')!
    const modified = first.headers.get('last-modified')!
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${server.url}/play/`, { headers: { 'cache-control': 'max-age=0', ...headers } })).status
    assert.equal(await status({ 'if-none-match': etag }), 304)
    assert.equal(await status({ 'if-none-match': `"x", W/${etag}` }), 304)
    assert.equal(await status({ 'if-none-match': '"other"', 'if-modified-since': modified }), 200)
    assert.equal(await status({ 'if-modified-since': modified }), 304)
    assert.equal(await status({ 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }), 200)
  })

  it('send a folder to its slash, also one whose name means something in an address', async () => {
    const reply = await fetch(`${server.url}/play/what%3F%23%25`, { redirect: 'manual' })
    assert.deepEqual([reply.status, reply.headers.get('location')], [301, `${server.url}/play/what%3F%23%25/`])
    assert.equal(await (await fetch(`${server.url}/play/what%3F%23%25/`)).text(), 'what')
  })

  it('send a folder to its slash', async () => {
    const reply = await fetch(`${server.url}/play/sub?x=1`, { redirect: 'manual' })
    assert.deepEqual([reply.status, reply.headers.get('location')], [301, `${server.url}/play/sub/?x=1`])
    assert.equal(await (await fetch(`${server.url}/play/sub/`)).text(), 'sub')
  })

  for (const path of [
    '/play/none.txt',
    '/play/.secret',
    '/play/link.txt',
    '/play/up/secret.txt',
    '/play/../other.txt',
    '/play/..%2f..%2fsecret.txt',
    '/play/%2e%2e/%2e%2e/secret.txt',
    '/play/index.html/',
    '/play/..\\..\\secret.txt',
    '/other.txt',
  ]) {
    it(`are not there: ${path}`, async () => {
      assert.ok([400, 404].includes(await rawStatus(server.port, path)))
    })
  }
})

/** `fetch` would tidy the path. */
function rawStatus(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ port, path, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    })
      .on('error', reject)
      .end()
  })
}
