// The log page and a server by TLS, with a certificate that is renewed while they run.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { callControl } from '../control/call.ts'
import { findPortBlock, run, TestYard, until } from './yard.ts'

describe('TLS', function () {
  this.timeout(180_000)
  let folder: string
  let yard: TestYard
  const [certificate, key] = ['yard.pem', 'yard.key'].map((name) => () => join(folder, name)) as [
    () => string,
    () => string,
  ]

  /** As a renewal does it: both files whole, one after the other. */
  const makeCertificate = async (name: string) => {
    const [cert, secret] = [join(folder, 'next.pem'), join(folder, 'next.key')]
    const made = await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '90'],
      ...[
        '-subj',
        `/CN=${name}`,
        '-addext',
        `subjectAltName=DNS:${name},DNS:yard.test`,
        '-out',
        cert,
        '-keyout',
        secret,
      ],
    ])
    assert.equal(made.exitCode, 0, made.output)
    await rename(secret, key())
    await rename(cert, certificate())
  }
  /** Whose certificate answers, and with what. */
  const ask = (port: number, path: string, agent: Agent | false = false) =>
    new Promise<{ name: string; status: number; local: number | undefined }>((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port,
        path,
        agent,
        rejectUnauthorized: false,
        headers: { host: 'yard.test' },
      }
      const asked = request(options, (response) => {
        const socket = response.socket as TLSSocket
        const name = String(socket.getPeerCertificate().subject.CN)
        response.resume().on('end', () => resolve({ name, status: response.statusCode ?? 0, local: socket.localPort }))
      })
      asked.on('error', reject).end()
    })
  const viewerPort = () => yard.portsFrom + 1
  const reconcile = () => callControl(join(yard.root, 'run/control.sock'), 'reconcile', {})
  const logged = async (text: RegExp) => text.test((await yard.cli('logs', '-n', '50', 'edgeyard')).stdout)

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'edgeyard-tls-')))
    yard = new TestYard(join(folder, 'home'), await findPortBlock())
    await mkdir(yard.root, { recursive: true })
    const tls = `tls:\n  certificate: ${certificate()}\n  key: ${key()}\n`
    await writeFile(join(yard.root, 'yard.yml'), `developers_initial: []\n${tls}`)
  })
  after(async () => {
    await yard.cli('down')
    await rm(folder, { recursive: true, force: true })
  })

  it('is refused with the name of the file that is no good', async () => {
    const up = () => yard.cli('up', '--detach', '--ports-from', String(yard.portsFrom))
    assert.match((await up()).stderr, /Cannot use "tls" of yard.yml: its certificate: ENOENT.*yard.pem/)
    await makeCertificate('first')
    await rename(key(), join(folder, 'other.key'))
    await makeCertificate('second')
    await rename(join(folder, 'other.key'), key())
    assert.match(
      (await up()).stderr,
      /the certificate \S+yard.pem and the key \S+yard.key: they do not belong together/,
    )
  })

  it('is what the log page speaks, by the names of the certificate', async () => {
    await makeCertificate('first')
    await yard.up()
    assert.equal((await yard.status()).viewer.url, `https://127.0.0.1:${viewerPort()}/`)
    const { name, status } = await ask(viewerPort(), '/')
    assert.deepEqual([name, status], ['first', 200])
    const found = await yard.do('logs', 'edgeyard', '--search', '"The yard is up"', '-n', '1')
    assert.match(found.stdout, /the yard is up/i)
    assert.equal(found.stderr, '')
    assert.equal((await stat(join(yard.root, 'run/tls/viewer.pem'))).mode & 0o777, 0o640)
    assert.equal((await stat(join(yard.root, 'state/tls'))).mode & 0o777, 0o700)
  })

  it('is what a server speaks whose values say so', async () => {
    const work = join(folder, 'serverctrl')
    const git = async (...args: string[]) => {
      const ran = await run('git', args, {
        cwd: folder,
        env: { ...yard.gitEnvironment('operator'), GIT_SSH_COMMAND: '' },
      })
      assert.equal(ran.exitCode, 0, ran.output)
    }
    await git('clone', '-q', join(yard.root, 'git/serverctrl.git'), work)
    const values = join(work, 'httpserver.values.yaml')
    const text = await readFile(values, 'utf8')
    await writeFile(
      values,
      text.replace('TLS: false', 'TLS: true').replace('SERVER_NAME: localhost', 'SERVER_NAME: yard.test'),
    )
    await git('-C', work, 'commit', '-qam', 'https')
    await git('-C', work, 'push', '-q')
    const { url, port, state } = await yard.sandbox('httpserver', 'master')
    assert.deepEqual([url, state], [`https://127.0.0.1:${port}/`, 'ready'])
    assert.equal((await ask(port, '/play/')).name, 'first')
    const conf = await readFile(join(yard.root, 'socketserver/master/conf/server.conf'), 'utf8')
    assert.match(conf, new RegExp(`httpserver_url "https://yard.test:${port}"`))
    await assert.rejects(stat(join(yard.root, 'socketserver/master/conf', /tls-\w+/.exec(conf)?.[0] ?? 'tls')), {
      code: 'ENOENT',
    })
  })

  it('takes up a renewed certificate with nothing dropped, and keeps the last good one', async () => {
    const { port, pid } = await yard.sandbox('httpserver', 'master')
    const page = (await yard.status()).viewer.pid
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const first = await ask(viewerPort(), '/', agent)
    await makeCertificate('third')
    await reconcile()
    // Whoever had connected when the old process let go is still answered by it.
    await until('the server has the new one', async () => (await ask(port, '/play/')).name === 'third')
    assert.notEqual((await yard.sandbox('httpserver', 'master')).pid, pid)
    await until('the page has the new one', async () => (await ask(viewerPort(), '/')).name === 'third')
    assert.equal((await yard.status()).viewer.pid, page)
    const again = await ask(viewerPort(), '/', agent)
    assert.deepEqual([again.status, again.local], [200, first.local], 'an open connection stays open')
    agent.destroy()

    await writeFile(key(), 'no key\n')
    await reconcile()
    assert.equal((await ask(port, '/play/')).name, 'third')
    await until('it is told', () => logged(/yard.pem and the key .*; the one before stays/))
    // Also over a restart: a broken renewal keeps nobody from starting.
    await yard.down()
    assert.match((await yard.do('render', '--check')).stdout, /^Nothing would change/)
    await yard.up()
    assert.equal((await ask(port, '/play/')).name, 'third')
  })
})
