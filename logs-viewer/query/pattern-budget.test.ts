import assert from 'node:assert/strict'
import { createSelector, SlowPatternError } from './create-selector.ts'
import { createPatternBudget, createPatternBudgets } from './pattern-budget.ts'
import { EVERYTHING } from './question.ts'

const RECORD = { server: 'redis', developer: 'dev1', time: '', received: '', severity: 'info', message: 'one' } as const

describe('the time of patterns', () => {
  let time = 0
  let used = 0
  const clock = { now: () => time, cpu: () => used }
  const work = (ms: number, cpuMs = ms) => {
    time += ms
    used += cpuMs
  }
  const budget = () => createPatternBudget({ burstMs: 1000, share: 0.05, freeMs: 1 }, clock)

  it('is used up by what takes long, and comes back slowly', () => {
    const one = budget()
    for (let i = 0; i < 6; i++) one.spend(() => work(190))
    assert.ok(one.leftMs() < 1)
    time += 10_000
    assert.ok(one.leftMs() > 300 && one.leftMs() <= 1000)
    time += 1e9
    assert.equal(one.leftMs(), 1000)
  })

  it('is not used up by quick ones, nor by what else the machine does', () => {
    const one = budget()
    for (let i = 0; i < 10_000; i++) one.spend(() => work(0.9))
    for (let i = 0; i < 100; i++) one.spend(() => work(500, 0.5))
    assert.equal(one.leftMs(), 1000)
  })

  it('is not used up by calls that are as short as they may be', () => {
    const one = createPatternBudget({ burstMs: 400, share: 0.25, freeMs: 50 }, { now: clock.now, cpu: clock.now })
    for (let i = 0; i < 100; i++) one.spend(() => work(50, 20))
    assert.equal(one.leftMs(), 400)
    for (let i = 0; i < 4; i++) one.spend(() => work(200, 90))
    assert.ok(one.leftMs() < 1)
  })

  it('is one for each person, whatever they ask', () => {
    const budgetOf = createPatternBudgets({ burstMs: 1000, share: 0.05, freeMs: 1 })
    assert.equal(budgetOf('p1'), budgetOf('p1'))
    assert.notEqual(budgetOf('p1'), budgetOf('p2'))
  })

  it('is what a selector has, and those who share it', () => {
    const shared = budget()
    const question = { ...EVERYTHING, terms: [{ kind: 'pattern', not: false, source: 'one' } as const] }
    const selectors = [createSelector(question, shared), createSelector(question, shared)]
    for (const select of selectors) assert.equal(select([RECORD]).length, 1)
    for (let i = 0; i < 2; i++) shared.spend(() => work(1001))
    for (const select of selectors) assert.throws(() => select([RECORD]), SlowPatternError)
  })
})
