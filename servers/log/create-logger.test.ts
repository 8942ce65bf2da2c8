import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordBody, Severity } from '../contract/record.ts'
import { startOfRun } from '../contract/run.ts'
import { createLogger } from './create-logger.ts'
import type { Entry, Logger } from './logger.ts'
import { until } from './rsyslogd.fixture.ts'

const NOW = () => new Date('2026-11-20T12:00:00.123Z')

/** A collector in ten lines: it reads octet-counted frames, when it reads. */
function createCollector(path: string) {
  let text = ''
  let counted: number[] = []
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('data', (data) => {
      text += data.toString('latin1')
    })
    socket.on('error', () => undefined)
  })
  return {
    sockets,
    async listen() {
      server.listen(path)
      await once(server, 'listening')
    },
    /** The numbers of those that only say how many there were. */
    counts(): number[] {
      this.bodies()
      return counted
    },
    bodies(): RecordBody[] {
      const bodies: RecordBody[] = []
      counted = []
      for (let at = 0; ; ) {
        const blank = text.indexOf(' ', at)
        const end = blank + 1 + Number(text.slice(at, blank))
        if (blank === -1 || end > text.length) return bodies
        const line = Buffer.from(text.slice(blank + 1, end), 'latin1').toString()
        const body: RecordBody = JSON.parse(line.slice(line.indexOf('{')))
        if (body.kind === 'count') counted.push(body.seq!)
        else bodies.push(body)
        at = end
      }
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('createLogger', () => {
  let folder: string
  let path: string
  let logger: Logger
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgeyard-log-'))
    path = join(folder, 's.sock')
  })
  afterEach(async () => {
    await logger?.close(0)
    rmSync(folder, { recursive: true, force: true })
  })

  const syslogLogger = (severity: Severity = 'debug') =>
    createLogger({ errorLogs: [{ kind: 'syslog', path, tag: 't', severity }], prefix: folder, now: NOW })

  it('loads winston with the first record that is wanted, and loses and reorders nothing', () => {
    const program = `
      import { createLogger } from ${JSON.stringify(new URL('./create-logger.js', import.meta.url))}
      import { createRequire } from 'node:module'
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((file) => /node_modules.(winston|unix-dgram)/.test(file))
      const logger = createLogger({ errorLogs: [{ kind: 'stderr', severity: 'info' }], prefix: '/' })
      logger.write({ severity: 'debug', message: 'unwanted' })
      const before = loaded().length
      for (let i = 0; i < 1000; i++) logger.write({ severity: 'info', message: 'record ' + i })
      await logger.close(5000)
      console.log(JSON.stringify({ before, dgram: loaded().filter((file) => file.includes('unix-dgram')), after: loaded().length > 0 }))`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    assert.deepEqual(JSON.parse(stdout), { before: 0, dgram: [], after: true })
    const messages = stderr
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^.*#0: /, ''))
    assert.deepEqual(
      messages,
      Array.from({ length: 1000 }, (_, i) => `record ${i}`),
    )
  })

  it('delivers a burst at the start that is followed by a close', async () => {
    const collector = createCollector(path)
    await collector.listen()
    logger = syslogLogger()
    for (let i = 0; i < 5000; i++) logger.write({ severity: 'info', message: `record ${i}` })
    await logger.close(10_000)
    await until(() => collector.bodies().length >= 5000, '5000 records')
    assert.deepEqual(
      collector.bodies().map(({ seq, message }) => [seq, message]),
      Array.from({ length: 5000 }, (_, i) => [i + 1, `record ${i}`]),
    )
    await until(() => collector.counts().length > 0, 'the count at the end')
    assert.deepEqual(collector.counts(), [5001])
    await collector.close()
  })

  it('numbers what passes the filter of its destination, and nothing else', async () => {
    const collector = createCollector(path)
    await collector.listen()
    logger = createLogger({
      errorLogs: [
        { kind: 'file', path: 'error.log', severity: 'debug' },
        { kind: 'syslog', path, tag: 't', severity: 'warn' },
      ],
      prefix: folder,
      now: NOW,
    })
    for (const severity of ['debug', 'error', 'info', 'warn', 'notice', 'emerg'] as const) {
      logger.write({ severity, message: severity })
    }
    await logger.close(5000)
    await until(() => collector.bodies().length >= 3, 'the records')
    assert.deepEqual(
      collector.bodies().map(({ seq, message }) => [seq, message]),
      [
        [1, 'error'],
        [2, 'warn'],
        [3, 'emerg'],
      ],
    )
    assert.equal(readFileSync(join(folder, 'error.log'), 'utf8').split('\n').length - 1, 6)
    await collector.close()
  })

  it('keeps records while the collector is away, drops and counts what the ring cannot hold, and says so', async () => {
    logger = syslogLogger()
    const message = 'x'.repeat(10_000)
    for (let i = 0; i < 1000; i++) logger.write({ severity: 'info', message })
    const collector = createCollector(path)
    await collector.listen()
    await logger.close(10_000)
    await until(() => collector.bodies().at(-1)?.severity === 'warn', 'the report of dropped records')
    const bodies = collector.bodies()
    const kept = bodies.length - 1
    assert.ok(kept > 100 && kept < 1000, `${kept} kept`)
    assert.equal(
      bodies.at(-1)!.message,
      `${1000 - kept} records were dropped: the log collector did not take them in time`,
    )
    assert.deepEqual(
      bodies.map(({ seq }) => seq),
      [...Array.from({ length: kept }, (_, i) => i + 1), 1001],
    )
    await collector.close()
  })

  it('writes to a collector that has come back under the same path', async () => {
    const first = createCollector(path)
    await first.listen()
    logger = syslogLogger()
    logger.write({ severity: 'info', message: 'one' })
    await until(() => first.bodies().length === 1, 'the first record')
    await first.close()
    rmSync(path, { force: true })
    const second = createCollector(path)
    await second.listen()
    logger.write({ severity: 'info', message: 'two' })
    await until(() => second.bodies().length === 1, 'the second record')
    assert.deepEqual(
      second.bodies().map(({ seq, message }) => [seq, message]),
      [[2, 'two']],
    )
    await logger.close(1000)
    await second.close()
  })

  it('tells a new collector how many there were, in case the one before it took some along, also when nothing follows', async () => {
    const first = createCollector(path)
    await first.listen()
    logger = syslogLogger()
    for (let i = 0; i < 3; i++) logger.write({ severity: 'info', message: 'perhaps lost' })
    await until(() => first.bodies().length === 3, 'the records')
    await first.close()
    rmSync(path, { force: true })
    const second = createCollector(path)
    await second.listen()
    await until(() => second.counts().length > 0, 'the count')
    await logger.close(1000)
    assert.deepEqual([second.bodies(), second.counts()], [[], [4]])
    await second.close()
  })

  it('gives its records a run of their own for each destination', async () => {
    const collector = createCollector(path)
    await collector.listen()
    const to = { kind: 'syslog', path, tag: 't', severity: 'info' } as const
    logger = createLogger({ errorLogs: [to, to], prefix: folder, now: NOW })
    logger.write({ severity: 'info', message: 'm' })
    await logger.close(5000)
    await until(() => collector.counts().length === 2, 'both ends')
    const runs = collector.bodies().map(({ run }) => run)
    assert.equal(new Set(runs).size, 2)
    assert.deepEqual([...new Set(runs.map((run) => startOfRun(run!)))], [NOW().getTime()])
    await collector.close()
  })

  it('gives up at the deadline of close when nobody takes the records', async () => {
    logger = syslogLogger()
    logger.write({ severity: 'info', message: 'lost' })
    await logger.close(50)
  })

  it('does not keep the process alive', () => {
    const program = `
      import { createLogger } from ${JSON.stringify(new URL('./create-logger.js', import.meta.url))}
      createLogger({ errorLogs: [{ kind: 'syslog', path: ${JSON.stringify(path)}, tag: 't', severity: 'info' }], prefix: '/' })
        .write({ severity: 'info', message: 'm' })`
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 20_000 })
    assert.equal(ended.status, 0)
  })

  it("writes a file as nginx does, one line a record, other people's control characters shown, a stack indented below", async () => {
    logger = createLogger({
      errorLogs: [{ kind: 'file', path: 'error.log', severity: 'info' }],
      prefix: folder,
      now: NOW,
    })
    logger.write({ severity: 'info', message: 'joined' })
    logger.write({
      severity: 'error',
      message: 'bad\n2026/11/20 forged \x1b[31m',
      request: 'r1',
      fields: { room: 5, name: 'é' },
      stack: 'Error: bad\n    at src/main.ts:1:2',
    })
    await logger.close(1000)
    assert.equal(
      readFileSync(join(folder, 'error.log'), 'utf8'),
      `2026/11/20 12:00:00 [info] ${process.pid}#0: joined
2026/11/20 12:00:00 [error] ${process.pid}#0: bad\\x0a2026/11/20 forged \\x1b[31m, request: r1, room: 5, name: é
    Error: bad
        at src/main.ts:1:2
`,
    )
  })

  it('takes any fields, as they are when they are written', async () => {
    const collector = createCollector(path)
    await collector.listen()
    logger = syslogLogger()
    const changing = { state: 'before' }
    const circular: Record<string, unknown> = {}
    circular.self = circular
    const fields = {
      changing,
      circular,
      big: 10n,
      nan: Number.NaN,
      date: new Date(0),
      map: new Map([['a', 1]]),
      set: new Set([1]),
      bytes: new Uint8Array(3),
      url: new URL('http://h/p?q=1'),
      parameters: new URLSearchParams('a=1'),
      pattern: /x/g,
      price: { toJSON: () => '1.50' },
      run() {},
      error: Object.assign(new Error('inner'), { stack: 'Error: inner', code: 'E' }),
      get broken() {
        throw new Error('no')
      },
      long: Array.from({ length: 200 }, () => 0),
    }
    logger.write({ severity: 'info', message: 'm', fields })
    changing.state = 'after'
    await logger.close(5000)
    await until(() => collector.bodies().length >= 1, 'the record')
    const { circular: copied, long, ...plain } = collector.bodies()[0]!.fields as Record<string, unknown>
    assert.deepEqual(plain, {
      changing: { state: 'before' },
      big: '10',
      nan: 'NaN',
      date: '1970-01-01T00:00:00.000Z',
      map: { a: 1 },
      set: [1],
      bytes: '[3 bytes]',
      url: 'http://h/p?q=1',
      parameters: 'a=1',
      pattern: '/x/g',
      price: '1.50',
      run: '[function run]',
      error: { name: 'Error', message: 'inner', stack: 'Error: inner', code: 'E' },
      broken: '[unreadable]',
    })
    assert.match(JSON.stringify(copied), /^(\{"self":){7}"\[object\]"\}{7}$/)
    assert.equal((long as unknown[]).at(-1), '[cut: 200 entries]')
    await collector.close()
  })
  it('keeps what was given in the place of fields, and is no object with entries', async () => {
    const collector = createCollector(path)
    await collector.listen()
    logger = syslogLogger()
    const given: unknown[] = [
      'ana',
      5,
      true,
      10n,
      new Map([['a', 1]]),
      new URL('http://h/'),
      [1, 2],
      null,
      {},
      new Map(),
    ]
    for (const fields of given) logger.write({ severity: 'info', message: 'm', fields } as Entry)
    await logger.close(5000)
    await until(() => collector.bodies().length >= given.length, 'the records')
    assert.deepEqual(
      collector.bodies().map(({ fields }) => fields),
      [
        ...[
          { value: 'ana' },
          { value: 5 },
          { value: true },
          { value: '10' },
          { value: { a: 1 } },
          { value: 'http://h/' },
        ],
        ...[{ 0: 1, 1: 2 }, {}, {}, {}],
      ],
    )
    await collector.close()
  })
})
