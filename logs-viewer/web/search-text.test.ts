import assert from 'node:assert/strict'
import { parseSearch } from '../query/parse-search.ts'
import { canBeTerm, withTerm } from './question/search-text.ts'

describe('a part of a record as a term of the search', () => {
  const table: [q: string, key: string, value: string, not: boolean, text: string][] = [
    ['', 'room', '5', false, 'room:5'],
    ['Slow  query', 'room', '5', true, 'Slow  query -room:5'],
    ['-room:5', 'room', '5', true, '-room:5'],
    ['-room:5', 'room', '5', false, 'room:5'],
    ['room:5 Lobby', 'room', '5', true, 'lobby -room:5'],
    ['room:55', 'room', '5', true, 'room:55 -room:5'],
    ['room.id:55', 'room.id', '5', false, 'room.id:55 room.id:5'],
    ['Room:A', 'room', 'a', false, 'Room:A'],
    ['"still typing', 'room', '5', false, '"still typing" room:5'],
    ['-room:5 "a b" -"-x" /\\D+ a/ url:"//x"', 'room', '5', false, '"a b" --x /\\D+ a/ url:"//x" room:5'],
    ['', 'tags', '["a b","c"]', false, 'tags:"[\\"a b\\",\\"c\\"]"'],
    ['', 'path', 'C:\\my dir\\', true, '-path:"C:\\\\my dir\\\\"'],
    ['', 'note', '', false, 'note:""'],
    ['/(/', 'room', '5', false, '/(/ room:5'],
  ]
  for (const [q, key, value, not, text] of table) {
    it(`${q} and ${not ? 'not ' : ''}${key} ${value} is ${text}`, () => {
      assert.equal(withTerm(q, { kind: 'field', key, value, not }), text)
    })
  }

  it('finds that value and nothing else', () => {
    for (const value of ['5', 'two words', 'a"b', '\\', '\\"', '"', 'x"', '//x', '-5', '/x/', '\n', '{"a":"\\\\"}']) {
      const terms = parseSearch(withTerm('lobby', { kind: 'field', key: 'key', value, not: true }))
      assert.deepEqual(terms, [
        { kind: 'text', not: false, text: 'lobby' },
        { kind: 'field', not: true, key: 'key', value },
      ])
    }
  })

  it('is not offered where a search cannot say it', () => {
    const can = (key: string) => canBeTerm({ kind: 'field', key, value: '5', not: false })
    assert.deepEqual(
      [can('room.id'), can('two words'), can('0'), can('a:b'), can('größe')],
      [true, false, false, false, true],
    )
  })
})
