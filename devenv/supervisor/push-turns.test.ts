import assert from 'node:assert/strict'
import { createPushTurns, type PushTurns } from './push-turns.ts'

describe('the turns of pushes', () => {
  let told: string[]

  /** A push called `name`; `end` ends its connection. */
  function push(turns: PushTurns, name: string, key: string | null = name) {
    const gone = new AbortController()
    const ended = turns.take(key, (line) => told.push(`${name}: ${line}`), gone.signal)
    return { end: () => gone.abort(), ended }
  }

  beforeEach(() => {
    told = []
  })

  it('come at once while a processor is free, then first come, first served', () => {
    const turns = createPushTurns({ slots: 2 })
    assert.equal(turns.isBusy, false)
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => push(turns, name))
    assert.deepEqual(told, ['a: go', 'b: go', 'c: waiting: 2 pushes before yours', 'd: waiting: 3 pushes before yours'])
    told.length = 0
    b!.end()
    assert.deepEqual(told, ['c: go'])
    a!.end()
    assert.deepEqual(told, ['c: go', 'd: go'])
    c!.end()
    assert.equal(turns.isBusy, true)
    d!.end()
    assert.equal(turns.isBusy, false)
    push(turns, 'e')
    assert.deepEqual(told.slice(2), ['e: go'])
  })

  it('can be expected by as many as there is room for, until they are gone', () => {
    const turns = createPushTurns({ slots: 2 })
    const begun = ['a', 'b', 'c'].map(() => new AbortController())
    assert.deepEqual(
      begun.map(({ signal }) => turns.expect(signal)),
      [true, true, false],
    )
    assert.equal(turns.isBusy, true)
    begun[0]!.abort()
    assert.equal(turns.expect(begun[0]!.signal), false)
    push(turns, 'd')
    assert.equal(turns.expect(begun[2]!.signal), false)
    begun[1]!.abort()
    assert.equal(turns.expect(begun[2]!.signal), true)
  })

  it('are given up by whoever leaves while it waits', () => {
    const turns = createPushTurns({ slots: 1 })
    const a = push(turns, 'a')
    const b = push(turns, 'b')
    push(turns, 'c')
    b.end()
    a.end()
    assert.deepEqual(told.slice(3), ['c: go'])
  })

  it('are kept for the newest push of a developer only, in the place of the older one that waited', async () => {
    const turns = createPushTurns({ slots: 1 })
    const a = push(turns, 'a')
    const older = push(turns, 'b1', 'b')
    push(turns, 'c')
    push(turns, 'b2', 'b')
    assert.deepEqual(await older.ended, { end: 'replaced' })
    assert.deepEqual(told.slice(1), [
      'b1: waiting: 1 push before yours',
      'c: waiting: 2 pushes before yours',
      'b2: waiting: 1 push before yours',
    ])
    a.end()
    assert.deepEqual(told.slice(4), ['b2: go'])
  })

  it('do not replace a push that is at work, nor one without a key', () => {
    const turns = createPushTurns({ slots: 1 })
    const a = push(turns, 'a1', 'a')
    push(turns, 'a2', 'a')
    const x = push(turns, 'x', null)
    push(turns, 'y', null)
    a.end()
    assert.deepEqual(told.slice(4), ['a2: go'])
    x.end()
  })
})
