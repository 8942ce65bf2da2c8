import assert from 'node:assert/strict'
import { MessageRate } from './message-rate.ts'

describe('the rate of a socket', () => {
  it('lets messages through that keep it, however long', () => {
    const rate = new MessageRate({ perSecond: 10, burst: 0 })
    for (let ms = 0; ms < 10_000; ms += 100) assert.ok(rate.allows(ms), `at ${ms} ms`)
  })

  it('lets a burst through, refuses what is beyond it, and forgets with time', () => {
    const rate = new MessageRate({ perSecond: 10, burst: 2 })
    assert.deepEqual(
      [0, 0, 0, 0].map((ms) => rate.allows(ms)),
      [true, true, true, false],
    )
    assert.ok(rate.allows(1000))
  })
})
