import assert from 'node:assert/strict'
import { judgeHealth, type Measured } from './judge-health.ts'
import { countCollector } from './read-collector.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const WELL: Measured = {
  ...{ notes: [], behindMs: 20, gaps: { processes: 0, records: 0 }, tails: 1 },
  store: { records: 1, bytes: 2, days: 3, oldestDay: null },
  collector: { queued: 3, discarded: 0, rateLimited: 0, at: new Date(NOW - 9_000).toISOString() },
  disk: { freeBytes: 50 * 1024 ** 3, totalBytes: 100 * 1024 ** 3, keptDays: 30 },
}

describe('the health of the log', () => {
  const { collector, disk } = WELL
  const table: readonly (readonly [what: Partial<Measured>, status: string, note: string])[] = [
    [{}, 'ok', ''],
    [{ behindMs: 12_400 }, 'behind', 'The index is 12 seconds behind the files'],
    [{ collector: { ...collector!, queued: 4711 } }, 'behind', "4,711 records wait in rsyslogd's queues"],
    [
      { collector: { ...collector!, discarded: 1 } },
      'trouble',
      'rsyslogd has thrown 1 record away: its queue was full',
    ],
    [
      { collector: { ...collector!, rateLimited: 20 } },
      'trouble',
      '20 records of too many at once were not taken (RATE_LIMIT_BURST)',
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
  for (const [what, status, note] of table) {
    it(`is ${status}: ${note || 'nothing to say'}`, () => {
      const health = judgeHealth({ ...WELL, ...what }, NOW)
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
    assert.deepEqual(countCollector(text(...rounds, round(50, 40, 7, 4))), { queued: 10, discarded: 4, rateLimited: 6 })
  })

  it('do not take for lost what is just under way', () => {
    assert.equal(countCollector(text(round(10, 10), round(30, 22)))?.rateLimited, 0)
  })

  it('do not count a round that is not whole, nor half a line', () => {
    const half = text(round(10, 10, 5), round(90, 0)).slice(30, -250)
    assert.deepEqual(countCollector(half), { queued: 8, discarded: 0, rateLimited: 0 })
    assert.equal(countCollector('rsyslogd is new\n{"a":'), null)
  })
})
