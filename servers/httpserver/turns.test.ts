import assert from 'node:assert/strict'
import { createTurns } from './starter/src/turns.ts'

/** Jobs that end when the test says so. */
function jobs() {
  const started: string[] = []
  const ends = new Map<string, () => void>()
  const job = (name: string) => () =>
    new Promise<string>((resolve) => {
      started.push(name)
      ends.set(name, () => resolve(name))
    })
  return { started, job, end: (name: string) => ends.get(name)!() }
}

describe('turns', () => {
  it('run few at once, the others in the order they came', async () => {
    const { started, job, end } = jobs()
    const turns = createTurns({ runningMax: 2, waitingMax: 9, perOwnerMax: 9 })
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => turns.take('x', job(name)))
    assert.deepEqual(started, ['a', 'b'])
    end('b')
    assert.equal(await b, 'b')
    await Promise.resolve()
    assert.deepEqual(started, ['a', 'b', 'c'])
    end('a')
    await a
    end('c')
    await c
    end('d')
    assert.equal(await d, 'd')
  })

  it('say at once that too many wait, or that one owner has too many', async () => {
    const { job, end } = jobs()
    const turns = createTurns({ runningMax: 1, waitingMax: 2, perOwnerMax: 2 })
    const first = turns.take('x', job('a'))
    const second = turns.take('x', job('b'))
    assert.equal(turns.take('x', job('c')), undefined, 'x is here twice')
    const third = turns.take('y', job('d'))
    assert.equal(turns.take('z', job('e')), undefined, 'two wait')
    end('a')
    await first
    end('b')
    await second
    end('d')
    await third
    const again = turns.take('x', job('f'))
    assert.ok(again, 'all places are free again')
    end('f')
    await again
  })

  it('go on after a job that failed', async () => {
    const turns = createTurns({ runningMax: 1, waitingMax: 1, perOwnerMax: 2 })
    const failed = turns.take('x', () => Promise.reject(new Error('no')))
    const next = turns.take('x', async () => 'yes')
    await assert.rejects(failed!, /no/)
    assert.equal(await next, 'yes')
  })
})
