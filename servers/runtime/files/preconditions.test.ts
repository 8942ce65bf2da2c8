import assert from 'node:assert/strict'
import { checkPreconditions, isSameForRange } from './preconditions.ts'

const FILE = { etag: '"a-1"', modifiedS: Date.UTC(2026, 10, 20) / 1000 }
const SAME = 'Fri, 20 Nov 2026 00:00:00 GMT'
const BEFORE = 'Thu, 19 Nov 2026 00:00:00 GMT'
const AFTER = 'Sat, 21 Nov 2026 00:00:00 GMT'

describe('checkPreconditions', () => {
  const cases: [headers: Record<string, string>, expected: 304 | 412 | undefined, since?: 'off' | 'before'][] = [
    [{}, undefined],
    [{ 'if-none-match': '"a-1"' }, 304],
    [{ 'if-none-match': 'W/"a-1"' }, 304],
    [{ 'if-none-match': '"x", W/"a-1"' }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"x"' }, undefined],
    [{ 'if-modified-since': SAME }, 304],
    [{ 'if-modified-since': AFTER }, undefined],
    [{ 'if-modified-since': AFTER }, 304, 'before'],
    [{ 'if-modified-since': BEFORE }, undefined, 'before'],
    [{ 'if-modified-since': SAME }, undefined, 'off'],
    [{ 'if-modified-since': 'yesterday' }, undefined],
    // The tag alone decides when there is one.
    [{ 'if-none-match': '"x"', 'if-modified-since': SAME }, undefined],
    [{ 'if-none-match': '"a-1"', 'if-modified-since': BEFORE }, 304],
    [{ 'if-match': '"a-1"' }, undefined],
    [{ 'if-match': '*' }, undefined],
    [{ 'if-match': '"x"' }, 412],
    [{ 'if-match': 'W/"a-1"' }, 412],
    [{ 'if-match': '"a-1"', 'if-unmodified-since': BEFORE }, undefined],
    [{ 'if-unmodified-since': SAME }, undefined],
    [{ 'if-unmodified-since': BEFORE }, 412],
    [{ 'if-match': '"a-1"', 'if-none-match': '"a-1"' }, 304],
  ]
  for (const [headers, expected, since = 'exact'] of cases) {
    it(`${JSON.stringify(headers)} with if_modified_since ${since}: ${expected ?? 'sent'}`, () => {
      assert.equal(checkPreconditions(Object.entries(headers), FILE, since), expected)
    })
  }

  it('takes repeated headers as one list', () => {
    const headers = [['if-none-match', '"x"'] as const, ['if-none-match', '"a-1"'] as const]
    assert.equal(checkPreconditions(headers, FILE, 'exact'), 304)
  })
})

describe('isSameForRange', () => {
  const cases: [value: string, expected: boolean][] = [
    ['"a-1"', true],
    ['"x"', false],
    ['W/"a-1"', false],
    [SAME, true],
    [AFTER, false],
    ['nonsense', false],
  ]
  for (const [value, expected] of cases) {
    it(`If-Range: ${value}: ${expected}`, () => assert.equal(isSameForRange([['if-range', value]], FILE), expected))
  }
})
