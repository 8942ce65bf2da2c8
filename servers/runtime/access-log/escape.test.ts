import assert from 'node:assert/strict'
import { ESCAPES } from './escape.ts'

describe('escape= of an access log', () => {
  const cases: [kind: keyof typeof ESCAPES, value: string, expected: string][] = [
    ['default', '', '-'],
    ['default', 'Mozilla/5.0 (x; ~)', 'Mozilla/5.0 (x; ~)'],
    ['default', 'a"b\\c', 'a\\x22b\\x5Cc'],
    ['default', 'a\r\n\x00\x7f', 'a\\x0D\\x0A\\x00\\x7F'],
    ['default', 'é€', '\\xC3\\xA9\\xE2\\x82\\xAC'],
    ['json', '', ''],
    ['json', 'a"b\\c\n\x01é', 'a\\"b\\\\c\\n\\u0001é'],
    ['none', '', ''],
    ['none', 'a"b\\cé', 'a"b\\cé'],
    // nginx writes it as it stands; then whoever asks could write lines of their own.
    ['none', 'a\r\nb', 'a  b'],
  ]
  for (const [kind, value, expected] of cases) {
    it(`${kind}: ${JSON.stringify(value)} is ${JSON.stringify(expected)}`, () => {
      assert.equal(ESCAPES[kind](value), expected)
    })
  }
})
