import assert from 'node:assert/strict'
import { parseSearch, SEARCH_LENGTH_MAX } from './parse-search.ts'

/** Terms as a person would say them. */
const told = (search: string): string[] | string => {
  const terms = parseSearch(search)
  if (typeof terms === 'string') return terms
  return terms.map((term) => {
    const what =
      term.kind === 'text' ? term.text : term.kind === 'pattern' ? term.source : `${term.key} is ${term.value}`
    return `${term.not ? 'not ' : ''}${term.kind} ${what}`
  })
}

describe('the text of a search', () => {
  const table: [search: string, terms: string[]][] = [
    ['', []],
    ['  ', []],
    ['Inventory', ['text inventory']],
    ['slow  query', ['text slow', 'text query']],
    ['"Slow  Query" x', ['text slow  query', 'text x']],
    ['"still typi', ['text still typi']],
    ['""', []],
    ['-lobby -"two words"', ['not text lobby', 'not text two words']],
    ['- -- "-5"', ['text -', 'not text -', 'text -5']],
    ['room.id:5', ['field room.id is 5']],
    ['Größe:5 -игрок.имя:"два слова"', ['field größe is 5', 'not field игрок.имя is два слова']],
    ['-Release:4F2A key:"two words"', ['not field release is 4f2a', 'field key is two words']],
    ['key:"', ['field key is ']],
    ['"say \\"hi\\" now" x', ['text say "hi" now', 'text x']],
    ['tags:"[\\"a b\\",\\"c\\"]" -x', ['field tags is ["a b","c"]', 'not text x']],
    ['"C:\\\\temp\\\\" path:"C:\\\\new\\r"', ['text c:\\temp\\', 'field path is c:\\new\\r']],
    ['"still \\"typi', ['text still "typi']],
    ['/took \\d{4,} ms/ -/^GET /', ['pattern took \\d{4,} ms', 'not pattern ^GET ']],
    ['/a\\/b/', ['pattern a\\/b']],
    ['/api/orders', ['text /api/orders']],
    ['/api/v1/', ['text /api/v1/']],
    ['/ //', ['text /', 'text //']],
    ['TypeError: x', ['text typeerror:', 'text x']],
    ['src/main.ts:9:25', ['text src/main.ts:9:25']],
    ['main.ts:9', ['field main.ts is 9']],
    ['127.0.0.1:80 12:00', ['text 127.0.0.1:80', 'text 12:00']],
    ['http://x/y', ['text http://x/y']],
    ['ÄRGER', ['text ärger']],
  ]
  for (const [search, terms] of table) {
    it(`"${search}" is ${terms.join(', ') || 'nothing'}`, () => assert.deepEqual(told(search), terms))
  }

  it('is answered with a sentence when it cannot be', () => {
    assert.match(String(told('/(/')), /^\/\(\/ is no regular expression: /)
    assert.match(String(told('x'.repeat(SEARCH_LENGTH_MAX + 1))), /characters at most$/)
    assert.match(String(told('x '.repeat(21))), /terms at most$/)
  })
})
