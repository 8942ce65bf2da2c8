import assert from 'node:assert/strict'
import type { ShownRecord } from '../query/wire.ts'
import { RECORDS_MAX, RecordItems, type SkippedItem } from './records/record-items.ts'

/** Of an id; the number in it is the order of the store. */
const record = (id: string): ShownRecord => ({
  id,
  developer: 'ana',
  server: 'socketserver',
  time: '2026-11-20T12:00:00.000Z',
  received: '2026-11-20T12:00:00.000Z',
  severity: 'info',
  message: id,
})
const records = (...ids: string[]) => ids.map(record)

describe('the records of the list', () => {
  const createItems = () => new RecordItems((time) => time.slice(0, 10))
  const told = (items: RecordItems) => items.all.map((item) => (item.kind === 'record' ? item.record.id : item.kind))
  const gap = (items: RecordItems) => items.all.find((item) => item.kind === 'skipped') as SkippedItem

  it('get those that were skipped, also where the tail had another order than the store', () => {
    const items = createItems()
    items.append(records('a101', 'b100'))
    items.skip({ count: 2, errors: 0 })
    items.append(records('e105', 'd104'))
    items.fill(gap(items), records('a101', 'c102', 'c103', 'd104', 'e105', 'f106'), null)
    assert.deepEqual(told(items), ['a101', 'b100', 'c102', 'c103', 'e105', 'd104'])
  })

  it('keep the row of a gap while there is more of it, and where it goes on', () => {
    const items = createItems()
    items.append(records('a1'))
    items.skip({ count: 4, errors: 1 })
    items.append(records('z9'))
    items.fill(gap(items), [], 'x2')
    assert.deepEqual([gap(items).skipped, gap(items).after], [{ count: 4, errors: 1 }, 'x2'])
    items.fill(gap(items), records('b2', 'c3'), 'c3')
    assert.deepEqual(told(items), ['a1', 'b2', 'c3', 'skipped', 'z9'])
    assert.deepEqual([gap(items).skipped, gap(items).after], [{ count: 2, errors: 0 }, 'c3'])
    items.fill(gap(items), records('d4', 'z9'), 'z9')
    assert.deepEqual(told(items), ['a1', 'b2', 'c3', 'd4', 'z9'])
  })

  it('let go of a gap with the records before it', () => {
    const items = createItems()
    items.append(records('a1'))
    items.skip({ count: 1, errors: 0 })
    items.append(Array.from({ length: RECORDS_MAX }, (_, n) => record(`b${n}`)))
    assert.ok(items.trim('oldest'))
    assert.equal(items.all[0]!.kind, 'record')
  })
})
