import assert from 'node:assert/strict'
import { SOCKET_LOOK_EVERY_MS } from '../control/limits.ts'
import { keepListening } from './keep-listening.ts'
import { createFakeClock } from './testing/fake-clock.ts'

describe('a look at the control socket', () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  it('is taken again and again, and tells once what has changed', async () => {
    const clock = createFakeClock()
    const told: string[] = []
    const full = () => Promise.reject(new Error('the disk is full'))
    const looks = [async () => false, full, full, async () => true, async () => false]
    const listening = keepListening(
      clock,
      () => looks.shift()!(),
      (line) => told.push(line),
    )
    while (looks.length > 0) {
      clock.advance(SOCKET_LOOK_EVERY_MS)
      await turn()
    }
    await listening.end()
    assert.equal(clock.next(), null)
    assert.deepEqual(told, [
      'The control socket has gone: the disk is full',
      'The control socket had gone, and is there again',
    ])
  })

  it('that is under way is waited for at the end, and is the last', async () => {
    const clock = createFakeClock()
    let look: (again: boolean) => void = () => {}
    const looking = new Promise<boolean>((resolve) => {
      look = resolve
    })
    const listening = keepListening(
      clock,
      () => looking,
      () => {},
    )
    clock.advance(SOCKET_LOOK_EVERY_MS)
    let ended = false
    const end = listening.end().then(() => {
      ended = true
    })
    await turn()
    assert.equal(ended, false)
    look(true)
    await end
    assert.equal(clock.next(), null)
  })
})
