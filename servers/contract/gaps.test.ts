import assert from 'node:assert/strict'
import { createGapFinder } from './gaps.ts'
import { createRun, startOfRun } from './run.ts'

const MIDNIGHT = Date.parse('2026-11-20T00:00:00.000Z')
const since = new Date(MIDNIGHT).toISOString()
const A = createRun(MIDNIGHT + 5, () => 0.1)
const B = createRun(MIDNIGHT + 5, () => 0.2)
const OLD = createRun(MIDNIGHT - 1, () => 0.3)

describe('createGapFinder', () => {
  const table: [name: string, numbers: [run: string | undefined, seq: number | undefined][], missing: number[]][] = [
    [
      'nothing',
      [
        [A, 1],
        [A, 2],
        [A, 3],
      ],
      [0, 0, 0],
    ],
    [
      'a hole',
      [
        [A, 1],
        [A, 4],
        [A, 5],
      ],
      [0, 2, 0],
    ],
    [
      'the first ones of a run that began while somebody was reading',
      [
        [A, 3],
        [A, 4],
      ],
      [2, 0],
    ],
    [
      'nothing before the first one of a run that is older',
      [
        [OLD, 500],
        [OLD, 502],
      ],
      [0, 1],
    ],
    [
      'each run for itself',
      [
        [A, 1],
        [B, 1],
        [A, 2],
        [B, 3],
      ],
      [0, 0, 0, 1],
    ],
    [
      'those that are late no more',
      [
        [A, 1],
        [A, 5],
        [A, 3],
        [A, 2],
        [A, 4],
        [A, 6],
      ],
      [0, 3, -1, -1, -1, 0],
    ],
    [
      'those at the beginning that are late no more',
      [
        [A, 2],
        [A, 1],
      ],
      [1, -1],
    ],
    [
      'nothing of records without a number',
      [
        [undefined, undefined],
        [undefined, 7],
        [A, undefined],
        [A, 1],
      ],
      [0, 0, 0, 0],
    ],
    [
      'nothing of a number that is none',
      [
        [A, 0],
        [A, -3],
        [A, 1],
      ],
      [0, 0, 0],
    ],
    [
      'holes of a run whose name says no beginning',
      [
        ['x', 7],
        ['x', 9],
      ],
      [0, 1],
    ],
  ]
  for (const [name, numbers, missing] of table) {
    it(`finds missing: ${name}`, () => {
      const findGap = createGapFinder({ since })
      assert.deepEqual(
        numbers.map(([run, seq]) => findGap({ ...(run && { run }), ...(seq !== undefined && { seq }) }).missing),
        missing,
      )
    })
  }

  it('says which ones are there twice', () => {
    const findGap = createGapFinder()
    const twice = [1, 2, 2, 5, 4, 4, 1].map((seq) => findGap({ run: A, seq }).twice)
    assert.deepEqual(twice, [false, false, true, false, false, true, true])
  })

  it('goes on where another has stopped, with the last number of each run', () => {
    const findGap = createGapFinder({ since, known: new Map([[OLD, 10]]) })
    const findings = [10, 13, 12, 14].map((seq) => findGap({ run: OLD, seq }))
    assert.deepEqual(
      findings.map(({ missing }) => missing),
      [0, 2, -1, 0],
    )
    assert.deepEqual(
      findings.map(({ twice }) => twice),
      [true, false, false, false],
    )
    assert.equal(findGap({ run: A, seq: 2 }).missing, 1, 'those it does not know are judged as ever')
  })

  it('invents nothing for runs it had to forget', () => {
    const findGap = createGapFinder({ since })
    const runs = Array.from({ length: 1500 }, (_, i) => createRun(MIDNIGHT + i, () => 0))
    const read = (seq: number) => runs.map((run) => findGap({ run, seq }).missing)
    assert.deepEqual([...new Set(read(1))], [0])
    assert.deepEqual([...new Set(read(2))], [0])
  })

  it('keeps few holes of a run, whatever comes', () => {
    const findGap = createGapFinder()
    for (let seq = 1; seq < 10_001; seq += 2) findGap({ run: A, seq })
    assert.deepEqual(findGap({ run: A, seq: 9998 }), { missing: -1, twice: false })
    assert.equal(findGap({ run: A, seq: 2 }).twice, true)
  })
})

describe('a run', () => {
  it('says when it began, and sorts by it', () => {
    assert.equal(startOfRun(A), MIDNIGHT + 5)
    assert.ok(OLD < A)
    assert.ok(A < createRun(Date.parse('2999-01-01'), () => 0))
    assert.notEqual(A, B)
  })

  for (const text of ['', 'x', '12', `${A}/..`, A.toUpperCase(), A.replace('-', '_')]) {
    it(`is never "${text}"`, () => assert.equal(startOfRun(text), undefined))
  }
})
