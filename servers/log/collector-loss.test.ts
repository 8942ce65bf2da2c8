import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { createGapFinder } from '../contract/gaps.ts'
import type { LogRecord } from '../contract/record.ts'
import { createRun } from '../contract/run.ts'
import { createFramer } from '../contract/syslog.ts'
import { createLogger } from './create-logger.ts'
import { createRsyslogd, type Rsyslogd, until } from './rsyslogd.fixture.ts'

const BODY = { time: '2026-11-20T12:00:00.123Z', severity: 'info', message: 'm', pid: 1 } as const
const KILLS = 20

/** What a reader of the files alone finds out. */
function account(lines: readonly LogRecord[]) {
  const findGap = createGapFinder({ since: '2026-01-01T00:00:00.000Z' })
  const findings = lines.map(findGap)
  return {
    // A line that a kill has torn, and the one behind it, have no number that could be read.
    kept: lines.filter(({ seq }, index) => seq !== undefined && !findings[index]!.twice).length,
    missing: findings.reduce((sum, { missing }) => sum + missing, 0),
    late: findings.filter(({ missing }) => missing < 0).length,
  }
}

describe('what the collector loses', () => {
  let rsyslogd: Rsyslogd
  const start = async (values: Readonly<Record<string, string>> = {}) => {
    rsyslogd = createRsyslogd(['master', 'dev1', 'dev2'], { values })
    await rsyslogd.start()
  }
  afterEach(() => rsyslogd.remove())

  const send = async (developer: string, ...data: (string | Buffer)[]) => {
    const socket = net.connect(rsyslogd.socket(developer))
    socket.end(Buffer.concat(data.map((part) => Buffer.from(part))))
    await once(socket.resume(), 'close')
  }
  const framer = (tag = 'socketserver') => createFramer(tag, createRun(Date.now(), Math.random))
  const ended = () => until(() => rsyslogd.lines('socketserver', 'dev1').at(-1)?.kind === 'count', 'the last line')
  const said = (pattern: RegExp) => rsyslogd.records('edgeyard', 'master').some(({ message }) => pattern.test(message))

  it(`is a gap for whoever reads the files, when it is killed ${KILLS} times under load`, async function () {
    this.timeout(60_000)
    await start({ RATE_LIMIT_BURST: '10000000' })
    const errorLog = { kind: 'syslog', path: rsyslogd.socket('dev1'), tag: 'socketserver', severity: 'debug' } as const
    const logger = createLogger({ errorLogs: [errorLog], prefix: rsyslogd.root })
    let written = 0
    const write = (count: number) => {
      for (let i = 0; i < count; i++) logger.write({ severity: 'info', message: `record ${written++}` })
    }
    const writing = setInterval(() => write(20), 2)
    for (let kill = 0; kill < KILLS; kill++) {
      const before = rsyslogd.bytes('socketserver', 'dev1')
      await until(() => rsyslogd.bytes('socketserver', 'dev1') > before, 'records of this collector')
      await rsyslogd.stop('SIGKILL')
      await rsyslogd.start()
    }
    clearInterval(writing)
    write(1)
    await logger.close(20_000)
    await ended()
    const lines = rsyslogd.lines('socketserver', 'dev1')
    const { kept, missing, late } = account(lines)
    const numbered = lines.at(-1)!.seq!
    assert.equal(kept + missing, numbered, `${kept} kept, ${missing} missing of ${numbered}`)
    assert.ok(numbered > written, 'everything that was written has a number')
    assert.equal(late, 0, 'nothing is out of order')
  })

  it('beyond a rate limit is missing in the numbers, said by the collector, and counted in its statistics', async () => {
    await start({ RATE_LIMIT_BURST: '1000', RATE_LIMIT_INTERVAL: '1' })
    const rated = framer()
    await send('dev1', ...Array.from({ length: 3000 }, () => rated.frame(BODY)))
    await until(() => said(/dev1\.sock.*begin to drop messages due to rate-limiting/), 'the first word')
    // It counts when a message is let through again.
    while (!said(/dev1\.sock.*: \d+ messages lost due to rate-limiting/)) await send('dev1', rated.frame(BODY))
    await send('dev1', rated.frameCount(BODY.time, 1)!)
    await ended()
    const { kept, missing } = account(rsyslogd.lines('socketserver', 'dev1'))
    assert.equal(kept + missing, rated.count)
    assert.ok(missing > 0)
    assert.ok(said(new RegExp(`dev1\\.sock.*: ${missing} messages lost due to rate-limiting`)))
    // What is counted as submitted may have a moment left until it is counted as enqueued.
    await until(() => {
      const { submitted, enqueued } = readCounters(rsyslogd.root)
      return submitted === rated.count && submitted - enqueued! === missing
    }, `the statistics, with ${rated.count} records submitted and ${missing} of them not enqueued`)
  })

  it('is nothing of what others send, when a disk is full for one of them, and what had no room is a gap', async function () {
    this.timeout(30_000)
    await start({ RATE_LIMIT_BURST: '10000000', QUEUE_SIZE: '2000', QUEUE_DISK: '1m' })
    // Every write to this file finds no space.
    const folder = join(rsyslogd.root, 'socketserver/dev1/logs')
    const file = join(folder, `${new Date().toISOString().slice(0, 10)}.jsonl`)
    mkdirSync(folder, { recursive: true })
    symlinkSync('/dev/full', file)
    const full = framer()
    const other = framer()
    const message = 'x'.repeat(1000)
    await send('dev1', ...Array.from({ length: 10_000 }, () => full.frame({ ...BODY, message })))
    await send('dev2', ...Array.from({ length: 1000 }, () => other.frame(BODY)))
    await until(() => rsyslogd.records('socketserver', 'dev2').length === 1000, 'the other one')
    await until(() => said(/No space left on device/), 'its complaint')
    rmSync(file)
    // The file that is open stays the full one until there is another collector.
    await rsyslogd.stop('SIGTERM')
    await rsyslogd.start()
    await send('dev1', full.frameCount(BODY.time, 1)!)
    await ended()
    const { kept, missing } = account(rsyslogd.lines('socketserver', 'dev1'))
    assert.equal(kept + missing, 10_001)
    assert.ok(missing > 0)
  })

  const header = '<131>1 2026-11-20T12:00:00Z - socketserver 1 - - '
  const counted = (message: string | Buffer) => {
    const line = Buffer.concat([Buffer.from(header), Buffer.from(message)])
    return Buffer.concat([Buffer.from(`${line.length} `), line])
  }
  it('is little of what nobody should send, costs no other record, and is kept as text where it is text', async () => {
    await start()
    const table: [name: string, data: string | Buffer, kept: RegExp | undefined][] = [
      ['a frame far too long', counted('x'.repeat(300_000)), /^300049<131>.*x{100}/],
      ['a line far too long', `${'y'.repeat(300_000)}\n`, /^y{100000,140000}$/],
      ['a length without end', '999999999 <131>1 x', undefined],
      ['bytes that are no UTF-8', counted(Buffer.from([0x61, 0xff, 0xfe, 0xc3, 0x28, 0x62])), /^a.*\(b$/],
      ['control characters', counted('a\0b\x01\x1b[31m\x7fc'), /^a#000b#001#033\[31m\x7fc$/],
      ['half a frame', framer().frame(BODY).slice(0, 80), undefined],
      ['a length that is none', '-5 abc\n', /^-5 abc$/],
      ['nothing', '0 ', undefined],
    ]
    let lines = 0
    for (const [name, data, kept] of table) {
      await send('dev1', data)
      await send('dev1', framer('redis').frame({ ...BODY, message: name }))
      await until(
        () => rsyslogd.records('redis', 'dev1').some(({ message }) => message === name),
        `the one behind ${name}`,
      )
      const messages = () => ['edgeyard', 'socketserver'].flatMap((server) => rsyslogd.records(server, 'dev1'))
      if (kept !== undefined) {
        await until(() => messages().some(({ message }) => kept.test(message)), name)
        lines++
      }
    }
    const all = ['edgeyard', 'socketserver'].flatMap((server) => rsyslogd.records(server, 'dev1'))
    assert.ok(all.length <= lines + 2, `${all.length} lines`)
  })
})

/** The newest of dev1. */
function readCounters(root: string): { submitted?: number; enqueued?: number } {
  let text = ''
  try {
    text = readFileSync(join(root, 'edgeyard/master/stats/collector.jsonl'), 'utf8')
  } catch {
    // It has just been deleted for its size.
  }
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
  return {
    submitted: lines.findLast(({ name, origin }) => origin === 'imptcp' && name.startsWith('dev1('))?.submitted,
    enqueued: lines.findLast(({ name }) => name === 'dev1')?.enqueued,
  }
}
