import assert from 'node:assert/strict'
import { DEFAULT_LOGS } from '../settings/settings.ts'
import { planRetention, type RecordFile } from './plan-retention.ts'

const NOW = Date.parse('2026-11-20T12:00:00.000Z')
const GIB = 1024 ** 3
const ROOMY = { freeBytes: 100 * GIB, totalBytes: 200 * GIB }
const LOGS = { ...DEFAULT_LOGS, plainDays: 3, keepDays: 10, keepErrorDays: 20 }

const file = (kind: RecordFile['kind'], day: string, more: Partial<RecordFile> = {}): RecordFile => ({
  path: `${day}.${kind}`,
  kind,
  day,
  bytes: GIB,
  ...more,
})
/** A day as the log page leaves it. */
const day = (name: string) => [
  file('lines', name, { isSealed: true }),
  file('parquet', name),
  file('errors', name, { bytes: 1 }),
]
const plan = (files: readonly RecordFile[], logs = LOGS, disk = ROOMY) =>
  planRetention(files, NOW, logs, disk).map(({ file, reason }) => `${file.path} ${reason}`)

describe('planRetention', () => {
  it('lets a day go by age: its lines, then all but its errors, then those', () => {
    const files = ['2026-11-19', '2026-11-17', '2026-11-10', '2026-10-31'].flatMap(day)
    assert.deepEqual(plan(files), [
      '2026-11-17.lines plain_days',
      '2026-11-10.lines keep_days',
      '2026-11-10.parquet keep_days',
      '2026-10-31.lines keep_days',
      '2026-10-31.parquet keep_days',
      '2026-10-31.errors keep_error_days',
    ])
  })

  it('keeps lines that are nothing else yet until the whole day goes', () => {
    assert.deepEqual(plan([file('lines', '2026-11-15'), file('lines', '2026-11-10')]), ['2026-11-10.lines keep_days'])
  })

  it('makes room for what is too much: what costs nothing first, errors last, never the open days', () => {
    const files = ['2026-11-20', '2026-11-19', '2026-11-18', '2026-11-16'].flatMap(day)
    const logs = (keepBytes: number) => ({ ...LOGS, plainDays: 10, keepBytes })
    assert.deepEqual(plan(files, logs(9 * GIB)), [])
    assert.deepEqual(plan(files, logs(7.5 * GIB)), ['2026-11-16.lines keep_bytes'])
    assert.deepEqual(plan(files, logs(5.5 * GIB)), [
      '2026-11-16.lines keep_bytes',
      '2026-11-18.lines keep_bytes',
      '2026-11-16.parquet keep_bytes',
    ])
    assert.deepEqual(plan(files, logs(1)).slice(3), [
      '2026-11-18.parquet keep_bytes',
      '2026-11-16.errors keep_bytes',
      '2026-11-18.errors keep_bytes',
    ])
  })

  it('does the same for a disk that is nearly full, whoever has filled it', () => {
    const files = ['2026-11-20', '2026-11-18'].flatMap(day)
    assert.deepEqual(plan(files, LOGS, { freeBytes: 4.5 * GIB, totalBytes: 200 * GIB }), ['2026-11-18.lines disk'])
    assert.deepEqual(plan(files, LOGS, { freeBytes: 0, totalBytes: 200 * GIB }), [
      '2026-11-18.lines disk',
      '2026-11-18.parquet disk',
      '2026-11-18.errors disk',
    ])
    assert.deepEqual(plan(files, LOGS, { freeBytes: 1.5 * GIB, totalBytes: 20 * GIB }), [])
  })
})
