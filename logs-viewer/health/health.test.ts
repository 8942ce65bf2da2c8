import assert from 'node:assert/strict'
import { judgeHealth, type Measured } from './judge-health.ts'
import { countCollector, type Losses } from './read-collector.ts'
import { createRecentLosses } from './recent-losses.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const WELL: Measured = {
  ...{ notes: [], behindMs: 20, gaps: { processes: 0, records: 0 }, tails: 1 },
  store: { records: 1, bytes: 2, days: 3, oldestDay: null },
  collector: { queued: 3, discarded: 0, rateLimited: 0, at: new Date(NOW - 9_000).toISOString() },
  disk: { freeBytes: 50 * 1024 ** 3, totalBytes: 100 * 1024 ** 3, keptDays: 30 },
}

describe('the health of the log', () => {
  const { collector, disk } = WELL
  const table: readonly (readonly [what: Partial<Measured>, status: string, note: string, lost?: Losses])[] = [
    [{}, 'ok', ''],
    [{ behindMs: 12_400 }, 'behind', 'The index is 12 seconds behind the files'],
    [{ collector: { ...collector!, queued: 4711 } }, 'behind', "4,711 records wait in rsyslogd's queues"],
    [{ collector: { ...collector!, discarded: 7, rateLimited: 20 } }, 'ok', ''],
    [
      {},
      'trouble',
      'rsyslogd has thrown 1 record away within an hour: its queue was full',
      { discarded: 1, rateLimited: 0 },
    ],
    [
      {},
      'trouble',
      '20 records of too many at once were not taken within an hour (RATE_LIMIT_BURST)',
      { discarded: 0, rateLimited: 20 },
    ],
    [
      { collector: { ...collector!, at: new Date(NOW - 90_000).toISOString() } },
      'trouble',
      'rsyslogd has said nothing of itself for 90 seconds',
    ],
    [{ gaps: { processes: 2, records: 7 } }, 'trouble', '7 records of 2 processes are missing today, by their numbers'],
    [{ disk: { ...disk!, freeBytes: 4 * 1024 ** 3 } }, 'trouble', 'The disk is nearly full: 4096 MiB are left'],
    [{ notes: ['A day cannot be read'] }, 'trouble', 'A day cannot be read'],
  ]
  for (const [what, status, note, lost] of table) {
    it(`is ${status}: ${note || `nothing to say of ${Object.keys(what)}`}`, () => {
      const health = judgeHealth({ ...WELL, ...what }, NOW, lost)
      assert.deepEqual([health.status, ...health.notes], [status, ...(note === '' ? [] : [note])])
    })
  }

  it('says the worst first', () => {
    const { status, notes } = judgeHealth({ ...WELL, behindMs: 60_000, gaps: { processes: 1, records: 1 } }, NOW)
    assert.equal(status, 'trouble')
    assert.match(notes.join('\n'), /^1 record .*\nThe index/)
  })
})

describe('the counters of the collector', () => {
  const round = (submitted: number, enqueued: number, size = 0, full = 0) => [
    `{ "name": "global", "origin": "dynstats", "values": { } }`,
    `{ "name": "dev1(*\\/\\/run\\/log\\/dev1.sock\\/IPv4)", "origin": "imptcp", "submitted": ${submitted} }`,
    `{ "name": "dev1[DA]", "origin": "core.queue", "size": 2, "enqueued": 5, "discarded.full": 0, "discarded.nf": 0 }`,
    `{ "name": "dev1", "origin": "core.queue", "size": ${size}, "enqueued": ${enqueued}, "discarded.full": ${full}, "discarded.nf": 0 }`,
    `{ "name": "main Q", "origin": "core.queue", "size": 1, "enqueued": 9, "discarded.full": 0, "discarded.nf": 0 }`,
  ]
  const text = (...rounds: string[][]) =>
    rounds
      .flat()
      .map((line) => `Fri Nov 20 12:00:00 2026: ${line}\n`)
      .join('')

  it('are those of the newest round', () => {
    const rounds = [round(10, 10), round(50, 40, 7, 4)]
    const { newest, oldest } = countCollector(text(...rounds, round(50, 40, 7, 4)))!
    assert.deepEqual(newest, { queued: 10, discarded: 4, rateLimited: 6 })
    assert.deepEqual(oldest, { discarded: 0, rateLimited: 0 })
  })

  it('do not take for lost by a rate limit what other hosts have sent', () => {
    const hosts = '{ "name": "hosts(6514)", "origin": "imtcp", "submitted": 30 }'
    const rounds = [
      [hosts, ...round(10, 40)],
      [hosts, ...round(10, 40)],
    ]
    assert.equal(countCollector(text(...rounds))?.newest.rateLimited, 0)
    const limited = [
      [hosts, ...round(10, 38)],
      [hosts, ...round(10, 38)],
    ]
    assert.equal(countCollector(text(...limited))?.newest.rateLimited, 2)
  })

  it('do not take for lost what is just under way', () => {
    assert.equal(countCollector(text(round(10, 10), round(30, 22)))?.newest.rateLimited, 0)
  })

  it('do not count a round that is not whole, nor half a line', () => {
    const half = text(round(10, 10, 5), round(90, 0)).slice(30, -250)
    assert.deepEqual(countCollector(half)?.newest, { queued: 8, discarded: 0, rateLimited: 0 })
    assert.equal(countCollector('rsyslogd is new\n{"a":'), null)
  })
})

describe('what the collector has lost of late', () => {
  const losses = (discarded: number, rateLimited = 0): Losses => ({ discarded, rateLimited })
  const minutes = (count: number) => NOW + count * 60_000

  it('is not what it had lost before, and is forgotten after an hour', () => {
    const recent = createRecentLosses()
    assert.deepEqual(recent.take(losses(7), losses(5), minutes(0)), losses(2))
    assert.deepEqual(recent.take(losses(7), losses(5), minutes(30)), losses(2))
    assert.deepEqual(recent.take(losses(8), losses(5), minutes(80)), losses(1))
    assert.deepEqual(recent.take(losses(8), losses(5), minutes(150)), losses(0))
  })

  it('is what came while nobody asked', () => {
    const recent = createRecentLosses()
    recent.take(losses(1), losses(1), minutes(0))
    assert.deepEqual(recent.take(losses(4, 9), losses(4, 9), minutes(600)), losses(3, 9))
  })

  it('begins anew with a collector that does', () => {
    const recent = createRecentLosses()
    recent.take(losses(50, 50), losses(0), minutes(0))
    assert.deepEqual(recent.take(losses(0), losses(0), minutes(1)), losses(0))
    assert.deepEqual(recent.take(losses(2), losses(0), minutes(2)), losses(2))
  })
})
