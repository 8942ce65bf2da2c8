import assert from 'node:assert/strict'
import { planShare } from './close-sockets.ts'

describe('closing the sockets of a draining server', () => {
  it('spreads many over the whole window and loses none', () => {
    const shares: number[] = []
    let open = 1000
    for (let ticksLeft = 10; ticksLeft > 0; ticksLeft--) {
      const share = planShare(open, ticksLeft)
      shares.push(share)
      open -= share
    }
    assert.equal(open, 0)
    assert.deepEqual(shares, Array(10).fill(100))
  })

  it('closes few at once, and all when the window is over', () => {
    assert.equal(planShare(20, 100), 20)
    assert.equal(planShare(500, 1), 500)
    assert.equal(planShare(500, -3), 500)
  })
})
