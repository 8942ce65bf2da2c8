import assert from 'node:assert/strict'
import { fullAllowance, take } from './starter/src/allowance.ts'

describe('an allowance', () => {
  const rate = { perSecond: 10, burst: 3 }

  it('lets a burst through, then as many as its rate says', () => {
    const allowance = fullAllowance(rate, 0)
    assert.deepEqual(
      [0, 0, 0, 0].map((now) => take(allowance, rate, 1, now)),
      [true, true, true, false],
    )
    assert.equal(take(allowance, rate, 1, 50), false)
    assert.equal(take(allowance, rate, 1, 100), true)
    assert.equal(take(allowance, rate, 1, 100), false)
  })

  it('takes nothing when it refuses', () => {
    const allowance = fullAllowance(rate, 0)
    assert.equal(take(allowance, rate, 4, 0), false)
    assert.equal(take(allowance, rate, 3, 0), true)
  })

  it('saves up no more than a burst, and survives a clock that goes back', () => {
    const allowance = fullAllowance(rate, 1000)
    assert.equal(take(allowance, rate, 4, 1_000_000), false)
    assert.equal(take(allowance, rate, 3, 0), true)
    assert.equal(take(allowance, rate, 1, 0), false)
  })
})
