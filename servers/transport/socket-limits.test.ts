import assert from 'node:assert/strict'
import { withinLimits } from './socket-limits.ts'

const MAX = { maxPayloadBytes: 1000, maxBackpressureBytes: 2000, idleTimeoutS: 120 }

describe("a socket's limits", () => {
  it('are its own below the largest, never above', () => {
    const small = { maxPayloadBytes: 10, maxBackpressureBytes: 20, idleTimeoutS: 8 }
    assert.deepEqual(withinLimits(small, MAX), small)
    assert.deepEqual(withinLimits({ maxPayloadBytes: 5000, maxBackpressureBytes: 5000, idleTimeoutS: 960 }, MAX), MAX)
  })

  it('take 0 seconds as never, which is more than any', () => {
    assert.equal(withinLimits({ ...MAX, idleTimeoutS: 0 }, MAX).idleTimeoutS, 120)
    assert.equal(withinLimits(MAX, { ...MAX, idleTimeoutS: 0 }).idleTimeoutS, 120)
    assert.equal(withinLimits({ ...MAX, idleTimeoutS: 0 }, { ...MAX, idleTimeoutS: 0 }).idleTimeoutS, 0)
  })

  it('are a RangeError when no engine can keep them', () => {
    for (const idleTimeoutS of [-1, 1, 7, 961, 8.5, Number.NaN]) {
      assert.throws(() => withinLimits({ ...MAX, idleTimeoutS }, MAX), RangeError)
    }
    for (const bytes of [0, -1, 1.5, 2 ** 31, Number.NaN]) {
      assert.throws(() => withinLimits({ ...MAX, maxPayloadBytes: bytes }, MAX), RangeError)
      assert.throws(() => withinLimits({ ...MAX, maxBackpressureBytes: bytes }, MAX), RangeError)
    }
  })
})
