import assert from 'node:assert/strict'
import { createMemoryZones } from './memory-zones.ts'
import { ScriptDict } from './script-dict.ts'

describe('a dict', () => {
  let now = 0
  const dict = new ScriptDict(createMemoryZones(() => now).open('players', 100_000), 100_000)

  beforeEach(() => dict.flush())

  it('keeps JSON, and gives a copy of it', () => {
    const value = { hp: 3, items: ['axe', null] }
    assert.equal(dict.set('ann', value), true)
    value.hp = 0
    assert.deepEqual(dict.get('ann'), { hp: 3, items: ['axe', null] })
    assert.equal(dict.get('bob'), undefined)
    for (const each of [0, '', false, null, []]) {
      dict.set('k', each)
      assert.deepEqual(dict.get('k'), each)
    }
  })

  it('adds only what is not there, and replaces only what is', () => {
    assert.deepEqual(
      [dict.replace('k', 1), dict.add('k', 2), dict.add('k', 3), dict.replace('k', 4)],
      [false, true, false, true],
    )
    assert.equal(dict.get('k'), 4)
  })

  it('counts from what it is told, and keeps the time of what it counts', () => {
    assert.equal(dict.incr('n'), 1)
    assert.equal(dict.incr('n', 5), 6)
    assert.equal(dict.incr('m', -1, 10, 1000), 9)
    now += 600
    assert.equal(dict.incr('m', 1, 0, 1000), 10)
    assert.equal(dict.ttl('m'), 400)
    now += 400
    assert.equal(dict.incr('m'), 1)
    dict.set('text', 'x')
    assert.throws(() => dict.incr('text'), /holds no number/)
    assert.throws(() => dict.incr('n', Number.NaN), TypeError)
  })

  it('gives what is there a new time', () => {
    dict.set('k', 1)
    assert.equal(dict.expire('k', 300), true)
    assert.equal(dict.ttl('k'), 300)
    assert.equal(dict.expire('none', 300), false)
  })

  it('refuses what cannot be a key, a value or a time', () => {
    for (const key of ['', 'x'.repeat(1025), 'ü'.repeat(600), 1 as never])
      assert.throws(() => dict.set(key, 1), TypeError)
    dict.set('x'.repeat(1024), 1)
    assert.throws(() => dict.set('k', undefined as never), /takes JSON/)
    assert.throws(() => dict.set('k', 1, 0), TypeError)
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => dict.set('k', number), /Cannot keep (NaN|Infinity) in a dict: it takes JSON/)
      assert.throws(() => dict.incr('k', number), TypeError)
      assert.throws(() => dict.incr('k', 1, number), TypeError)
    }
    assert.equal(dict.set('k', 'x'.repeat(200_000)), false)
  })

  it('lists what it holds, and forgets what is deleted', () => {
    dict.set('a', 1)
    dict.set('b', 2)
    dict.delete('a')
    assert.deepEqual(dict.keys(), ['b'])
    assert.deepEqual(dict.keys(0), [])
  })
})
