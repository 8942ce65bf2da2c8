import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { createRun } from '../contract/run.ts'
import { createFramer, type UnnumberedBody } from '../contract/syslog.ts'
import { createLogger } from './create-logger.ts'
import { createRsyslogd, type Rsyslogd, until } from './rsyslogd.fixture.ts'

const BODY: UnnumberedBody = { time: '2026-11-20T12:00:00.123Z', severity: 'error', message: 'm', pid: 1 }
const RUN = createRun(0, () => 0)

describe('the collector', () => {
  let rsyslogd: Rsyslogd
  beforeEach(async () => {
    rsyslogd = createRsyslogd(['master', 'dev1', 'dev2'])
    await rsyslogd.start()
  })
  afterEach(() => rsyslogd.remove())

  const loggerOf = (developer: string, tag = 'socketserver') =>
    createLogger({
      errorLogs: [{ kind: 'syslog', path: rsyslogd.socket(developer), tag, severity: 'debug' }],
      prefix: rsyslogd.root,
      release: 'abc',
    })

  const send = async (developer: string, ...data: (string | Buffer)[]) => {
    const socket = net.connect(rsyslogd.socket(developer))
    socket.end(Buffer.concat(data.map((part) => Buffer.from(part))))
    await once(socket.resume(), 'close')
  }

  const stored = async (server: string, developer: string, count: number) => {
    await until(() => rsyslogd.records(server, developer).length >= count, `${count} records of ${developer}`)
    return rsyslogd.records(server, developer)
  }

  it('stores what the logger wrote, a stack as one record', async () => {
    const logger = loggerOf('dev1')
    const stack = 'TypeError: no\n    at message (src/main.ts:12:7)\n    at run (src/lobby.ts:3:1)'
    logger.write({ severity: 'error', message: 'no / "é" 😀\x7f', request: 'r1', stack, fields: { room: 5 } })
    await logger.close(5000)
    const [record, ...others] = await stored('socketserver', 'dev1', 1)
    assert.deepEqual(others, [])
    assert.match(record!.received, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.deepEqual(record, {
      server: 'socketserver',
      developer: 'dev1',
      run: record!.run,
      time: record!.time,
      received: record!.received,
      severity: 'error',
      message: 'no / "é" 😀\x7f',
      pid: process.pid,
      seq: 1,
      release: 'abc',
      request: 'r1',
      stack,
      fields: { room: 5 },
    })
    const folder = join(rsyslogd.root, 'socketserver/dev1/logs')
    assert.deepEqual(readdirSync(folder), [`${record!.received.slice(0, 10)}.jsonl`])
    assert.equal(statSync(join(folder, readdirSync(folder)[0]!)).mode & 0o777, 0o640)
  })

  it('loses none of 2,000 records and keeps their order when it is killed and when it is restarted', async () => {
    const logger = loggerOf('dev1')
    const write = (from: number, to: number) => {
      for (let i = from; i < to; i++) logger.write({ severity: 'info', message: `record ${i}` })
    }
    write(0, 500)
    await stored('socketserver', 'dev1', 500)
    await rsyslogd.stop('SIGKILL')
    write(500, 1000)
    await rsyslogd.start()
    write(1000, 1200)
    await stored('socketserver', 'dev1', 1200)
    await rsyslogd.stop('SIGTERM')
    write(1200, 1900)
    await rsyslogd.start()
    write(1900, 2000)
    await logger.close(10_000)
    const records = await stored('socketserver', 'dev1', 2000)
    assert.deepEqual(
      records.map(({ message }) => message),
      Array.from({ length: 2000 }, (_, i) => `record ${i}`),
    )
    assert.deepEqual(
      records.map(({ seq }) => seq),
      Array.from({ length: 2000 }, (_, i) => i + 1),
    )
  })

  it('knows a developer by the socket, whatever the record says', async () => {
    const forged = JSON.stringify({ ...BODY, developer: 'dev2', server: 'socketserver', hostname: 'dev2' })
    const line = `<131>1 2026-11-20T12:00:00Z dev2 socketserver dev2 dev2 [dev2@1 developer="dev2"] ${forged}`
    await send('dev1', `${line.length} ${line}`)
    const [record] = await stored('socketserver', 'dev1', 1)
    assert.equal(record!.developer, 'dev1')
    assert.ok(!existsSync(join(rsyslogd.root, 'socketserver/dev2')))
  })

  it('gives each socket to its developer alone (only root can)', function () {
    if (process.getuid?.() !== 0) this.skip()
    const { mode, uid } = statSync(rsyslogd.socket('dev1'))
    assert.deepEqual({ mode: mode & 0o777, uid }, { mode: 0o600, uid: 20_001 })
    const connect = `require('net').connect(${JSON.stringify(rsyslogd.socket('dev1'))}).on('error', (e) => process.exit(e.code === 'EACCES' ? 7 : 8)).on('connect', () => process.exit(0))`
    const as = (uid: number) =>
      spawnSync(process.execPath, ['-e', connect], { uid, gid: uid, cwd: '/', env: { PATH: process.env.PATH } }).status
    // The folder above is the test's own; a yard lets everybody pass through it.
    spawnSync('chmod', ['711', rsyslogd.root])
    assert.deepEqual([as(20_001), as(20_002)], [0, 7])
  })

  for (const tag of ['../x', '..', '/etc/x', '.', 'sockets erver', 'run', 'git']) {
    it(`keeps a record of the unknown source ${JSON.stringify(tag)} inside, among the developer's own`, async () => {
      const before = new Set([...readdirSync(rsyslogd.root), 'edgeyard'])
      await send('dev1', createFramer(tag, RUN).frame(BODY))
      const [record] = await stored('edgeyard', 'dev1', 1)
      assert.equal(record!.message, 'm')
      assert.deepEqual(
        readdirSync(rsyslogd.root).filter((name) => !before.has(name)),
        [],
      )
    })
  }

  const header = '<131>1 2026-11-20T12:00:00Z - socketserver 1 - - '
  const odd: [string, string, string][] = [
    ['text', 'plain "text"', 'plain "text"'],
    ['half an object', '{"time":"2026"', '{"time":"2026"'],
    ['an object with something behind it', '{"time":"2026"} x', '{"time":"2026"} x'],
    ['an array', '[1]', '[1]'],
    ['a line break', 'one\ntwo', 'one#012two'],
    ['a time of arrival of its own', '{"received":"1999"}', '{"received":"1999"}'],
    ['nothing', '', ''],
  ]
  for (const [name, message, kept] of odd) {
    it(`keeps as text what is no record: ${name}`, async () => {
      await send('dev1', `${header.length + message.length} ${header}${message}`)
      const [record] = await stored('socketserver', 'dev1', 1)
      assert.equal(record!.message, kept)
      assert.equal(record!.severity, 'error')
      assert.match(record!.received, /^20/)
    })
  }

  it('keeps the order of records, and that of text, when both come together', async () => {
    const framer = createFramer('socketserver', RUN)
    const frames = Array.from({ length: 200 }, (_, i) => {
      const text = `${header}text ${i}`
      return i % 2 === 0 ? framer.frame({ ...BODY, message: `text ${i}` }) : `${text.length} ${text}`
    })
    await send('dev1', ...frames)
    const records = await stored('socketserver', 'dev1', 200)
    const order = [...records.filter(({ seq }) => seq !== undefined), ...records.filter(({ seq }) => seq === undefined)]
    const numbers = Array.from({ length: 200 }, (_, i) => i)
    assert.deepEqual(
      order.map(({ message }) => message),
      [...numbers.filter((i) => i % 2 === 0), ...numbers.filter((i) => i % 2 === 1)].map((i) => `text ${i}`),
    )
  })

  it('keeps a line of the old syslog protocol, and one of none', async () => {
    await send('dev1', '<11>Nov 20 12:00:00 host redis[12]: ready\n', 'no syslog at all\n')
    const messages = (await stored('edgeyard', 'dev1', 2)).map(({ message }) => message)
    assert.deepEqual(messages, ['Nov 20 12:00:00 host redis[12]: ready', 'no syslog at all'])
  })

  it('makes a record of what it says itself', async () => {
    const records = await stored('edgeyard', 'master', 1)
    assert.match(records[0]!.message, /^rsyslogd: .* start$/)
  })
})
