import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseRecordLine } from '../../contract/record.ts'
import { type ServingEdgeServer, startEdgeServer } from '../../testing/edge-server.ts'
import { createSandboxFolder, type SandboxFolder } from '../../testing/sandbox-folder.ts'
import { rawClient } from '../../transport/contract/raw-client.ts'

const FORMAT = "log_format short '$status $request $body_bytes_sent';"

describe('an access log', () => {
  let sandbox: SandboxFolder
  let server: ServingEdgeServer
  const file = (name: string) => join(sandbox.prefix, 'logs', name)
  const linesOf = (name: string) => readFileSync(file(name), 'utf8').split('\n').slice(0, -1)

  async function start(edge: string) {
    sandbox = await createSandboxFolder({
      edge: `${FORMAT} ${edge}`,
      server: 'location / { return 200 hello; } location /script { script src/main.ts; }',
      script: `module.exports.default = {
        async fetch(req, ctx) { ctx.log.info('waiting'); await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve)) },
        log(done, ctx) { ctx.log.info('done', done) },
      }`,
      files: { 'logs/kept': '' },
    })
    server = await startEdgeServer(sandbox.prefix)
  }

  async function stop() {
    server.signal('SIGTERM')
    assert.equal((await server.ended).code, 0)
  }

  afterEach(async () => {
    await server.kill()
    await sandbox.remove()
  })

  it('is whole when the server has stopped, a client that went early among it', async () => {
    await start('access_log logs/access.log short; access_log logs/all.log;')
    await (await fetch(`${server.url}/?a=1`)).text()
    const client = await rawClient(server.port)
    client.get('/script')
    await server.log.until(/waiting/)
    client.socket.destroy()
    await server.log.until(/done.*499/)
    await (await fetch(server.url, { method: 'HEAD' })).text()
    await stop()
    assert.deepEqual(linesOf('access.log'), [
      '200 GET /?a=1 HTTP/1.1 5',
      '499 GET /script HTTP/1.1 0',
      '200 HEAD / HTTP/1.1 0',
    ])
    const time = '\\d\\d/[A-Z][a-z]{2}/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4}'
    assert.match(
      linesOf('all.log')[0]!,
      new RegExp(`^127\\.0\\.0\\.1 - - \\[${time}\\] "GET /\\?a=1 HTTP/1\\.1" 200 5 "-" "node"$`),
    )
  })

  it('is opened anew with USR1, and goes on over a reload', async () => {
    await start('access_log logs/access.log short;')
    await (await fetch(`${server.url}/one`)).text()
    while (!existsSync(file('access.log'))) await new Promise(setImmediate)
    renameSync(file('access.log'), file('old.log'))
    server.signal('SIGUSR1')
    await server.log.until(/reopening logs/)
    await (await fetch(`${server.url}/two`)).text()
    server.signal('SIGHUP')
    await server.log.until(/reloaded/)
    await (await fetch(`${server.url}/three`)).text()
    await stop()
    assert.deepEqual(linesOf('old.log'), ['200 GET /one HTTP/1.1 5'])
    assert.deepEqual(linesOf('access.log'), ['200 GET /two HTTP/1.1 5', '200 GET /three HTTP/1.1 5'])
  })

  it('that cannot be written is told once, and harms nobody', async () => {
    await start('access_log none/access.log short;')
    for (let i = 0; i < 3; i++) assert.equal(await (await fetch(server.url)).text(), 'hello')
    await server.log.until(/Cannot write .*none\/access\.log: ENOENT/)
    await stop()
    assert.equal(server.log.all().filter((line) => line.includes('Cannot write')).length, 1)
  })

  describe('for the collector', () => {
    let folder: string
    let collector: Server
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'access-log-'))
      collector = createServer().listen(join(folder, 'log.sock'))
    })
    after(async () => {
      collector.close()
      await rm(folder, { recursive: true })
    })

    it('is a record of its own kind, with the id of its request', async () => {
      const connected = new Promise<Socket>((resolve) => collector.once('connection', resolve))
      await start(`access_log syslog:server=unix:${join(folder, 'log.sock')},tag=httpserver,severity=notice short;`)
      const reply = await fetch(`${server.url}/none/`)
      await reply.text()
      const socket = await connected
      const [frame] = (await once(socket, 'data')).map(String) as [string]
      const { severity, message, request, fields, kind, run, seq } = parseRecordLine(frame.slice(frame.indexOf('{')), {
        server: 'httpserver',
        developer: 'dev1',
      })
      assert.match(frame, /^\d+ <133>1 \S+Z - httpserver \d+ - \[.*\] \{/)
      assert.deepEqual(
        { severity, message, kind, seq, fields },
        {
          ...{ severity: 'notice', message: '200 GET /none/ HTTP/1.1 5', kind: 'access', seq: 1 },
          fields: { status: 200, method: 'GET', path: '/none/', bytes: 5 },
        },
      )
      assert.match(request ?? '', /^[0-9a-f]{32}$/)
      assert.match(run ?? '', /^\w+-\w+$/)
    })
  })
})
