import assert from 'node:assert/strict'
import { createSlowDown } from './slow-down.ts'

describe('guessing', () => {
  let now = 0
  const guess = (slowDown: ReturnType<typeof createSlowDown>, address: string, times: number) => {
    for (let i = 0; i < times; i++) slowDown.count(address)
  }

  it('costs nothing at first, then a wait for each try, and nothing again after a while', () => {
    const slowDown = createSlowDown(() => now)
    assert.equal(slowDown.waitMs('10.0.0.1'), 0)
    guess(slowDown, '10.0.0.1', 9)
    assert.equal(slowDown.waitMs('10.0.0.1'), 0)
    guess(slowDown, '10.0.0.1', 1)
    assert.equal(slowDown.waitMs('10.0.0.1'), 5_000)
    now += 5_000
    assert.equal(slowDown.waitMs('10.0.0.1'), 0)
    guess(slowDown, '10.0.0.1', 1)
    assert.equal(slowDown.waitMs('10.0.0.1'), 5_000)
    now += 60_000
    assert.equal(slowDown.waitMs('10.0.0.1'), 0)
  })

  it('keeps nobody waiting who has not guessed, however many others do', () => {
    const slowDown = createSlowDown(() => now)
    for (let i = 0; i < 50; i++) guess(slowDown, `10.0.1.${i}`, 9)
    assert.ok(slowDown.waitMs('10.0.1.1') > 0)
    assert.equal(slowDown.waitMs('10.0.2.1'), 0)
  })

  it('counts a line to the internet as one', () => {
    const slowDown = createSlowDown(() => now)
    for (let i = 0; i < 10; i++) guess(slowDown, `2001:db8:1:2::${i}`, 1)
    assert.equal(slowDown.waitMs('2001:db8:1:2:ffff::1'), 5_000)
    assert.equal(slowDown.waitMs('2001:db8:1:3::1'), 0)
    guess(slowDown, '::ffff:10.0.3.1', 10)
    assert.equal(slowDown.waitMs('10.0.3.1'), 5_000)
  })

  it('is remembered of a bounded number of addresses', () => {
    const slowDown = createSlowDown(() => now)
    guess(slowDown, '10.9.9.9', 10)
    for (let i = 0; i < 10_000; i++) slowDown.count(`10.${i >> 8}.${i & 255}.1`)
    assert.equal(slowDown.waitMs('10.9.9.9'), 0)
  })
})
