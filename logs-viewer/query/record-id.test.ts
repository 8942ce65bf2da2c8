import assert from 'node:assert/strict'
import { parseRecordId, renderRecordId } from './record-id.ts'

describe('a record id', () => {
  it('is read as it was written', () => {
    const id = { developer: 'dev1', server: 'redis', day: '2026-11-20', offset: 17 }
    assert.equal(renderRecordId(id), 'dev1/redis/2026-11-20:17')
    assert.deepEqual(parseRecordId('dev1/redis/2026-11-20:17'), id)
  })

  for (const text of [
    '',
    '../redis/2026-11-20:1',
    'dev1/../2026-11-20:1',
    'dev1/redis/2026-11-20:-1',
    'dev1/redis/x:1',
  ]) {
    it(`is never "${text}"`, () => assert.equal(parseRecordId(text), undefined))
  }
})
