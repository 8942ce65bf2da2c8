import assert from 'node:assert/strict'
import { parseRanges } from './parse-ranges.ts'

describe('parseRanges reads a Range header as nginx does', () => {
  const cases: [header: string, expected: string][] = [
    ['bytes=0-4', '0-5'],
    ['BYTES=0-4', '0-5'],
    ['bytes=5-', '5-10'],
    ['bytes=-3', '7-10'],
    ['bytes=-30', '0-10'],
    ['bytes=8-99', '8-10'],
    ['bytes=0-0, 9-9', '0-1 9-10'],
    ['bytes= 1 - 2 , -1', '1-3 9-10'],
    ['bytes=10-, 0-1', '0-2'],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=5-3', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=', 'whole'],
    ['bytes=a-b', 'unsatisfiable'],
    ['bytes=0-1,x', 'unsatisfiable'],
    ['lines=0-4', 'whole'],
    ['0-4', 'whole'],
    // More than there is, however it is cut up.
    ['bytes=0-,0-', 'whole'],
    ['bytes=0-5,3-9', 'whole'],
  ]
  for (const [header, expected] of cases) {
    it(`${header} of 10 bytes: ${expected}`, () => {
      const ranges = parseRanges(header, 10)
      const shown = typeof ranges === 'string' ? ranges : ranges.map(({ start, end }) => `${start}-${end}`).join(' ')
      assert.equal(shown, expected)
    })
  }

  it('gives the whole for more parts than are allowed, and never more than 64', () => {
    assert.equal(parseRanges('bytes=0-0,2-2', 10, 1), 'whole')
    const parts = (count: number) => `bytes=${Array.from({ length: count }, (_, i) => `${i * 2}-${i * 2}`).join()}`
    assert.equal(parseRanges(parts(64), 1000).length, 64)
    assert.equal(parseRanges(parts(65), 1000, 1000), 'whole')
  })

  it('has nothing to give of an empty file', () => {
    assert.equal(parseRanges('bytes=0-', 0), 'whole')
    assert.equal(parseRanges('bytes=1-', 0), 'unsatisfiable')
  })
})
