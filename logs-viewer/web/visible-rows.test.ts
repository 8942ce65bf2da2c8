import assert from 'node:assert/strict'
import { findVisible, rowAt, topOf } from './records/visible-rows.ts'

const rows = [10, 0, 30, 0, 10].map((height) => ({ height }))
const USUAL = 20

describe('the rows in view', () => {
  it('begin where their own heights say, or the usual one where nobody knows', () => {
    assert.deepEqual(
      rows.map((_row, index) => topOf(rows, USUAL, index)),
      [0, 10, 30, 60, 80],
    )
    assert.equal(topOf(rows, USUAL, rows.length), 90)
  })

  const table: [from: number, to: number, start: number, end: number][] = [
    [0, 90, 0, 5],
    [-50, 5, 0, 1],
    [10, 30, 1, 2],
    [29, 31, 1, 3],
    [85, 500, 4, 5],
    [500, 900, 4, 5],
  ]
  for (const [from, to, start, end] of table) {
    it(`of ${from} to ${to} are ${start} to ${end}`, () => {
      assert.deepEqual(findVisible(rows, USUAL, { from, to }), { start, end })
    })
  }

  it('are found by a place', () => {
    assert.deepEqual(rowAt(rows, USUAL, 0), { index: 0, offset: 0 })
    assert.deepEqual(rowAt(rows, USUAL, 45), { index: 2, offset: 15 })
    assert.deepEqual(rowAt(rows, USUAL, 1000), { index: 4, offset: 0 })
    assert.deepEqual(rowAt([], USUAL, 7), { index: 0, offset: 0 })
  })
})
