import assert from 'node:assert/strict'
import { parseSearch } from '../query/parse-search.ts'
import { compileHits, findHits } from './records/find-hits.ts'

describe('findHits', () => {
  const table: [search: string, text: string, marked: string[]][] = [
    ['room', 'Room 5 is a room', ['Room', 'room']],
    ['"room 5" is', 'Room 5 is a room', ['Room 5', 'is']],
    ['/slow \\d+ ms/', 'Slow 120 ms', ['Slow 120 ms']],
    ['/^at src/', 'Error\nat src/a.ts\nat src/b.ts', ['at src', 'at src']],
    ['oo room', 'room', ['room']],
    ['-room', 'room', []],
    ['room.id:5', 'room.id:5', []],
    ['a.b(c', 'xa.b(c', ['a.b(c']],
    ['dev-1', 'dev-1 and dev1', ['dev-1']],
    ['"- /a/ \\\\ [b]{1}^$|?*+"', '- /a/ \\ [b]{1}^$|?*+', ['- /a/ \\ [b]{1}^$|?*+']],
    ['straße', 'STRASSE straße', ['straße']],
  ]
  for (const [search, text, marked] of table) {
    it(`marks ${JSON.stringify(marked)} in "${text}" for ${search}`, () => {
      const terms = parseSearch(search)
      assert.ok(typeof terms !== 'string')
      const hits = findHits(text, compileHits(terms))
      assert.deepEqual(
        hits.map(([from, to]) => text.slice(from, to)),
        marked,
      )
    })
  }

  it('marks nothing for an expression that could take for ever', () => {
    for (const source of ['(a+)+$', 'a*a*a*b', '(a|a){9,}']) {
      assert.deepEqual(compileHits([{ kind: 'pattern', not: false, source }]), [], source)
    }
  })

  it('marks a bounded part of a long text', () => {
    const patterns = compileHits([{ kind: 'text', not: false, text: 'a' }])
    assert.equal(findHits('a'.repeat(100_000), patterns).length, 50)
  })
})
