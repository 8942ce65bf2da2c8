import assert from 'node:assert/strict'
import { createDeadlines, type Waiter } from './deadlines.ts'
import { BEAT, beat } from './watchdog/running.ts'

const NEVER = new Promise<void>(() => {})

function waiter(late: () => unknown): Waiter {
  return { late, stopped: () => {}, runs: () => ({ phase: 'test' }) }
}

/** A clock that is moved by hand. */
function createClock() {
  let sweep: (() => void) | undefined
  let sweepMs = 0
  return {
    every: (ms: number, fn: () => void) => {
      sweep = fn
      sweepMs = ms
      return () => {
        sweep = undefined
      }
    },
    pass(ms: number) {
      for (let passed = sweepMs; passed <= ms; passed += sweepMs) sweep?.()
    },
    get resting() {
      return sweep === undefined
    },
  }
}

describe('deadlines', () => {
  it('let the watchdog know how many are waited for', () => {
    const clock = createClock()
    const deadlines = createDeadlines(clock.every)
    const before = beat[BEAT.WAITING]!
    const [first] = [0, 1600].map((ms) =>
      deadlines.add(
        ms,
        waiter(() => {}),
        NEVER,
      ),
    )
    assert.equal(beat[BEAT.WAITING], before + 2)
    clock.pass(2 * 1600)
    assert.equal(beat[BEAT.WAITING], before + 1)
    first!.cancel()
    first!.cancel()
    assert.equal(beat[BEAT.WAITING], before)
  })

  it('are told once, in order, and not before their time', () => {
    const clock = createClock()
    const deadlines = createDeadlines(clock.every)
    const told: string[] = []
    deadlines.add(
      1600,
      waiter(() => told.push('first')),
      NEVER,
    )
    clock.pass(800)
    deadlines.add(
      1600,
      waiter(() => told.push('second')),
      NEVER,
    )
    clock.pass(800)
    assert.deepEqual(told, [])
    clock.pass(100)
    assert.deepEqual(told, ['first'])
    clock.pass(1600)
    assert.deepEqual(told, ['first', 'second'])
  })

  it('are forgotten when they are cancelled, wherever they stand, also twice and after their time', () => {
    const clock = createClock()
    const deadlines = createDeadlines(clock.every)
    const told: number[] = []
    const all = [0, 1, 2, 3].map((n) =>
      deadlines.add(
        160,
        waiter(() => told.push(n)),
        NEVER,
      ),
    )
    for (const n of [1, 0, 3, 3]) all[n]!.cancel()
    clock.pass(170)
    assert.deepEqual(told, [2])
    all[2]!.cancel()
    clock.pass(170)
    assert.deepEqual(told, [2])
  })

  it('may be added while others are told, and cost nothing when there are none', () => {
    const clock = createClock()
    const deadlines = createDeadlines(clock.every)
    let rounds = 0
    const again = () => {
      rounds++
      if (rounds < 3) deadlines.add(160, waiter(again), NEVER)
    }
    assert.ok(clock.resting)
    deadlines.add(160, waiter(again), NEVER)
    clock.pass(170 * 4)
    assert.equal(rounds, 3)
    assert.ok(clock.resting)
  })
  it('know whose promise can never settle, because nothing leads to it any more', async () => {
    const deadlines = createDeadlines()
    const [lost, kept] = [waiter(() => {}), waiter(() => {})]
    let settle = () => {}
    const add = () => {
      deadlines.add(0, lost, new Promise<void>(() => {}))
      const waiting = new Promise<void>((resolve) => {
        settle = resolve
      })
      deadlines.add(60_000, kept, waiting)
    }
    add()
    assert.deepEqual(await deadlines.takeDead(), [lost])
    assert.deepEqual(await deadlines.takeDead(), [])
    settle()
  })
})
