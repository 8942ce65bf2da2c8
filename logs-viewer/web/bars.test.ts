import assert from 'node:assert/strict'
import { barsOf, ticksOf } from './question/bars.ts'

const HOUR = 3_600_000

describe('the histogram', () => {
  it('gives errors a scale of their own, so that one is seen among a million records', () => {
    const counts = [{ info: 1_000_000, warn: 0 }, { error: 1, info: 500_000, warn: 250_000 }, {}]
    const buckets = counts.map((each, index) => ({ atMs: index * HOUR, counts: each }))
    const bars = barsOf({ fromMs: 0, toMs: 3 * HOUR, stepMs: HOUR, buckets }, 300)
    assert.deepEqual(
      bars.map(({ x, width, othersHeight, warningsHeight, errorsHeight }) => [
        x,
        width,
        othersHeight,
        warningsHeight,
        errorsHeight,
      ]),
      [
        [0, 99, 1, 0, 0],
        [100, 99, 0.5, 0.25, 1],
        [200, 99, 0, 0, 0],
      ],
    )
  })

  it('counts what is worse than an error as one', () => {
    const buckets = [{ atMs: 0, counts: { emerg: 1, crit: 2, error: 3, warn: 4, debug: 5 } }]
    const [bar] = barsOf({ fromMs: 0, toMs: 1, stepMs: 1, buckets }, 10)
    assert.deepEqual([bar!.errors, bar!.warnings, bar!.others], [6, 4, 5])
  })

  it('has round times below it, in the zone that is shown', () => {
    const day = 24 * HOUR
    assert.deepEqual(ticksOf(0, day, 1 / 10, 0).slice(0, 3), [0, 3 * HOUR, 6 * HOUR])
    assert.deepEqual(ticksOf(0, 3 * day, 1 / 4, 2 * HOUR), [22 * HOUR, 46 * HOUR, 70 * HOUR])
    assert.ok(ticksOf(0, 4000 * day, 1 / 4, 0).length < 200)
  })
})
