import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGapFinder } from '../contract/gaps.ts'
import { createLogger } from './create-logger.ts'
import { createRsyslogd, type Rsyslogd, renderRsyslogTemplate, until } from './rsyslogd.fixture.ts'

const GTLS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib'].some((folder) =>
  existsSync(join(folder, 'rsyslog/lmnsd_gtls.so')),
)

describe(`records of another host, by TLS${GTLS ? '' : ' (only with the Debian package rsyslog-gnutls)'}`, () => {
  let folder: string
  let yard: Rsyslogd
  let remotes: Rsyslogd[]
  before(function () {
    if (!GTLS) this.skip()
    folder = mkdtempSync(join(tmpdir(), 'edgeyard-hosts-'))
    makeAuthority(folder, 'ours')
    makeAuthority(folder, 'foreign')
    makeCertificate(folder, 'yard', 'ours')
    makeCertificate(folder, 'game2', 'ours')
    makeCertificate(folder, 'stranger', 'ours')
    makeCertificate(folder, 'forger', 'foreign', 'game2')
  })
  after(() => {
    if (GTLS) rmSync(folder, { recursive: true })
  })

  beforeEach(async () => {
    const port = String(await freePort())
    const hosts = { ...certificateOf('yard'), ADDRESS: '127.0.0.1', PORT: port, HOST: 'game2.example' }
    yard = createRsyslogd(['master', 'dev1'], {
      files: { 'hosts.conf': renderRsyslogTemplate('other-host/rsyslog-hosts.conf.hbs', [], hosts) },
    })
    const to = { COLLECTOR: '127.0.0.1', COLLECTOR_NAME: 'yard.example', PORT: port }
    remotes = ['game2', 'stranger', 'forger'].map((name) =>
      createRsyslogd(['master', 'dev1'], {
        template: 'other-host/rsyslog-remote.conf.hbs',
        values: { ...certificateOf(name), ...to },
      }),
    )
    await Promise.all([yard, ...remotes].map((rsyslogd) => rsyslogd.start()))
  })
  afterEach(async () => {
    await Promise.all([yard, ...remotes].map((rsyslogd) => rsyslogd.remove()))
  })

  const certificateOf = (name: string) => ({
    CA: join(folder, 'ours.pem'),
    CERTIFICATE: join(folder, `${name}.pem`),
    KEY: join(folder, `${name}.key`),
  })
  const loggerOf = (remote: Rsyslogd, tag: string) =>
    createLogger({
      errorLogs: [{ kind: 'syslog', path: remote.socket('dev1'), tag, severity: 'debug' }],
      prefix: remote.root,
    })

  it("lie with the yard's own, in order and whole, also what was written while the yard's collector was away; nobody else may send", async function () {
    this.timeout(60_000)
    const [game2, ...others] = remotes as [Rsyslogd, ...Rsyslogd[]]
    const logger = loggerOf(game2, 'socketserver')
    const write = (from: number, to: number) => {
      for (let i = from; i < to; i++) logger.write({ severity: 'info', message: `record ${i}`, fields: { i } })
    }
    // They were there from the beginning, and had as much time as the one that may.
    const refused = others.map((remote) => loggerOf(remote, 'redis'))
    for (const other of refused) other.write({ severity: 'error', message: 'let me in' })
    await Promise.all(refused.map((other) => other.close(5_000)))
    write(0, 500)
    await until(() => yard.records('socketserver', 'dev1').length === 500, 'the first')
    await yard.stop('SIGTERM')
    write(500, 1000)
    await logger.close(5_000)
    await yard.start()
    await until(() => yard.lines('socketserver', 'dev1').at(-1)?.kind === 'count', 'the last')
    const findGap = createGapFinder({ since: '2026-01-01T00:00:00.000Z' })
    const lines = yard.lines('socketserver', 'dev1')
    const missing = lines.map((line) => findGap(line).missing)
    const kept = new Set(lines.map(({ seq }) => seq)).size
    // Over TCP what was under way when a collector goes is lost, and seen.
    assert.equal(kept + missing.reduce((sum, each) => sum + each, 0), 1001)
    assert.ok(kept > 900, `${kept} kept`)
    assert.equal(lines[0]!.message, 'record 0')
    assert.deepEqual(yard.records('redis', 'dev1'), [])
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function openssl(folder: string, ...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
}

function makeAuthority(folder: string, name: string): void {
  openssl(
    folder,
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`],
    ...['-keyout', `${name}.key`, '-out', `${name}.pem`],
  )
}

function makeCertificate(folder: string, name: string, authority: string, host = name): void {
  writeFileSync(join(folder, `${name}.ext`), `subjectAltName=DNS:${host}.example\n`)
  openssl(
    folder,
    ...['req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${host}.example`],
    ...['-keyout', `${name}.key`, '-out', `${name}.csr`],
  )
  openssl(
    folder,
    ...['x509', '-req', '-in', `${name}.csr`, '-CA', `${authority}.pem`, '-CAkey', `${authority}.key`],
    ...['-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.pem`],
  )
}
