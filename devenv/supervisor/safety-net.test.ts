import assert from 'node:assert/strict'
import { createSafetyNet, LOOK_EVERY_MS, type SafetyNetSteps } from './safety-net.ts'
import { createFakeClock } from './testing/fake-clock.ts'

describe("the daemon's safety net", () => {
  const net = (steps: Partial<SafetyNetSteps> = {}) => {
    const clock = createFakeClock()
    const did: string[] = []
    const logged: string[] = []
    let ended = () => {}
    const made = createSafetyNet(clock, (_severity, message) => logged.push(message), {
      isBusy: () => false,
      hasFallenBehind: async () => false,
      sync: async () => void did.push('sync'),
      reconcile: async () => did.push('reconcile'),
      after: () => ended(),
      ...steps,
    })
    const look = async () => {
      const end = new Promise<void>((resolve) => {
        ended = resolve
      })
      clock.advance(LOOK_EVERY_MS)
      await end
      // The next look waits from here on.
      await new Promise((resolve) => setImmediate(resolve))
    }
    return { clock, did, logged, look, close: made.close }
  }

  it('reconciles again and again, until it is closed', async () => {
    const { clock, did, look, close } = net()
    await look()
    await look()
    close()
    assert.deepEqual([did, clock.next()], [['reconcile', 'reconcile'], null])
  })

  it('gives developers what they lack, where serverctrl has not followed them', async () => {
    let behind = true
    const { did, look } = net({ hasFallenBehind: async () => behind })
    await look()
    behind = false
    await look()
    assert.deepEqual(did, ['sync', 'reconcile'])
  })

  it('reconciles all the same when that is refused, and says so', async () => {
    const sync = () => Promise.reject(new Error('the range is full'))
    const { did, logged, look } = net({ hasFallenBehind: async () => true, sync })
    await look()
    assert.deepEqual([did, logged], [['reconcile'], ['Cannot give developers their sections: the range is full']])
  })

  it('does not wait behind a reconcile that is at work, and never looks twice at once', async () => {
    let busy = true
    let end = () => {}
    const reconciles: number[] = []
    const reconcile = () => {
      reconciles.push(1)
      return new Promise<void>((resolve) => {
        end = resolve
      })
    }
    const { clock } = net({ isBusy: () => busy, reconcile })
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    clock.advance(LOOK_EVERY_MS)
    await turn()
    assert.deepEqual(reconciles, [])
    busy = false
    clock.advance(LOOK_EVERY_MS)
    await turn()
    clock.advance(10 * LOOK_EVERY_MS)
    await turn()
    assert.deepEqual(reconciles, [1])
    end()
    await turn()
    clock.advance(LOOK_EVERY_MS)
    await turn()
    assert.deepEqual(reconciles, [1, 1])
  })
})
