import assert from 'node:assert/strict'
import { createMemoryZones } from '../dict/memory-zones.ts'
import { createBuckets } from './limit-req-zones.ts'

describe('a bucket of limit_req_zone', () => {
  let now = 0
  const zone = { name: 'z', key: [], bytesMax: 100_000, perSecond: 2 }
  const bucketOf = () =>
    createBuckets(
      [zone],
      createMemoryZones(() => now),
      () => now,
    ).get('z')!
  const options = { burst: 2, count: true }

  it('counts in thousandths, leaks with time, and refuses above its burst without counting, as nginx does', () => {
    const bucket = bucketOf()
    const taken = [0, 0, 0, 0, 100, 400, 0, 10_000].map((ms) => {
      now += ms
      return bucket.take('ann', options)
    })
    assert.deepEqual(taken, [
      { ok: true, excess: 0 },
      { ok: true, excess: 1 },
      { ok: true, excess: 2 },
      { ok: false, excess: 3 },
      { ok: false, excess: 2.8 },
      { ok: true, excess: 2 },
      { ok: false, excess: 3 },
      { ok: true, excess: 0 },
    ])
  })

  it('is looked at without being counted', () => {
    const bucket = bucketOf()
    for (let i = 0; i < 5; i++) assert.equal(bucket.take('k', { burst: 0, count: false }).ok, true)
    assert.equal(bucket.take('k', { burst: 0, count: true }).ok, true)
    assert.equal(bucket.take('k', { burst: 0, count: false }).ok, false)
  })

  it('keeps keys apart, however long they are', () => {
    const bucket = bucketOf()
    assert.equal(bucket.take('x'.repeat(5000), { burst: 0, count: true }).ok, true)
    assert.equal(bucket.take(`${'x'.repeat(4999)}y`, { burst: 0, count: true }).ok, true)
    assert.equal(bucket.take('x'.repeat(5000), { burst: 0, count: true }).ok, false)
  })
})
