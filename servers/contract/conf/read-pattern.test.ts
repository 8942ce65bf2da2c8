import assert from 'node:assert/strict'
import { Problems } from './problems.ts'
import { readPattern } from './read-pattern.ts'
import { References } from './references.ts'
import { tokenize, type Word } from './tokenize.ts'
import { BadValue } from './values.ts'

function read(text: string) {
  const [word] = tokenize(`"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`, new Problems()) as Word[]
  return readPattern(word!, 0, false, new References())
}

describe('a pattern', () => {
  for (const [pcre, javascript] of [
    ['^/(?P<id>\\d+)$', '^/(?<id>\\d+)$'],
    ["^/(?'id'x)\\k{id}", '^/(?<id>x)\\k<id>'],
    ['(a)\\g{1}', '(a)\\1'],
    ['\\A/x\\z', '^/x$'],
    ['^[[:alpha:][:digit:]_-]+$', '^[A-Za-z0-9_-]+$'],
    ['[]a]', '[\\]a]'],
    ['[^]a]', '[^\\]a]'],
    ['[\\]a.(?>]', '[\\]a.(?>]'],
    ['a\\++', 'a\\++'],
    ['\\(?>', '\\(?>'],
    ['^/a{2,3}?(?:b|c)(?=d)(?!e)(?<=f)(?<!g)', '^/a{2,3}?(?:b|c)(?=d)(?!e)(?<=f)(?<!g)'],
    ['\\.(png|gif)$', '\\.(png|gif)$'],
  ] as const) {
    it(`${pcre} is ${javascript}`, () => assert.deepEqual(read(pcre), { source: javascript, caseless: false }))
  }

  it('that begins with (?i) ignores case', () => assert.deepEqual(read('(?i)^/a'), { source: '^/a', caseless: true }))

  for (const pcre of [
    'a++',
    'a*+',
    'a{2}+',
    '(?>a)',
    '(?|a)',
    '(?#a)',
    '(?R)',
    '(?1)',
    '(?&n)',
    '(?(1)a)',
    '(*ACCEPT)',
    '\\Ka',
    '\\p{L}',
    'a(?i)b',
    'a(?i:b)',
    '\\Qa\\E',
    '(a',
    '[a',
    'a)',
    '*a',
    '(?<a>x)(?<a>y)',
  ]) {
    it(`${pcre} is refused`, () => assert.throws(() => read(pcre), BadValue))
  }
})
