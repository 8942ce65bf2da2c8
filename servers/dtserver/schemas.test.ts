import assert from 'node:assert/strict'
import { faultsOf } from './starter/src/schemas.ts'
import { SEED } from './starter/src/seed.ts'

describe('the schemas of game data', () => {
  it('find nothing wrong with the seed', () => {
    for (const [key, value] of Object.entries(SEED)) assert.deepEqual(faultsOf(key, value), [], key)
  })

  const item = { name: 'Sword', price: 1 }
  const hero = { name: 'A', level: 1, house: 'lion', items: [] }
  const cases: [string, unknown, RegExp[]][] = [
    ['dragon:smaug', item, [/the key must begin with one of "hero:", "building:", "item:"/]],
    ['item', item, [/the key must begin/]],
    ['toString:x', item, [/the key must begin/]],
    ['item:x', [item], [/must be an object/]],
    ['item:x', null, [/must be an object/]],
    ['item:x', { name: '' }, [/"name" must be a text/, /"price" is missing/]],
    ['item:x', { ...item, price: 0.5 }, [/"price" must be a whole number/]],
    ['item:x', { ...item, colour: 'red' }, [/"colour" is not a field of item/]],
    ['hero:x', { ...hero, house: 'fox' }, [/"house" must be one of lion/]],
    ['hero:x', { ...hero, items: ['item:a', 'hero:b'] }, [/"items" has an entry that must be a key like "item:sword"/]],
    ['hero:x', { ...hero, items: 'item:a' }, [/"items" must be a list/]],
  ]
  for (const [key, value, faults] of cases) {
    it(`tell what is wrong with ${key} = ${JSON.stringify(value)}`, () => {
      const found = faultsOf(key, value)
      assert.equal(found.length, faults.length, found.join('; '))
      for (const [index, fault] of found.entries()) assert.match(fault, faults[index]!)
    })
  }
})
