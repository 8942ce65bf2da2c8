import assert from 'node:assert/strict'
import { judge, renderJob } from './figures.ts'

const measured = [
  { peer: 'ours', values: [10, 12, 9] },
  { peer: 'theirs', values: [10, 10, 10] },
]

describe('the figures of a bench', () => {
  it('are compared round by round, and the median decides', () => {
    const bar = { text: 'ours / theirs', of: 'ours', against: 'theirs' }
    const { bars } = judge({
      title: 'a job',
      unit: 'µs',
      measured,
      bars: [
        { ...bar, atMost: 1 },
        { ...bar, atLeast: 1.1 },
      ],
    })
    assert.deepEqual(bars[0]!.measured, { min: 0.9, median: 1, max: 1.2 })
    assert.deepEqual(
      bars.map(({ verdict }) => verdict),
      ['held', 'missed'],
    )
  })

  it('are compared as they are when a bar has no other peer', () => {
    const { bars } = judge({ title: 'a job', unit: 'ms', measured, bars: [{ text: 'ours', of: 'ours', atMost: 9.5 }] })
    assert.equal(bars[0]!.verdict, 'missed')
  })

  it('of a peer that is missing are not measured, which is no failure, and are named', () => {
    const bars = [{ text: 'ours / nginx', of: 'ours', against: 'nginx', atMost: 1 }]
    const result = judge({ title: 'a job', unit: 'µs', measured, bars, missing: ['nginx (not installed)'] })
    assert.equal(result.bars[0]!.verdict, 'not measured')
    assert.match(renderJob(result), /missing: nginx \(not installed\)\n {2}not measured ours \/ nginx ≤ 1$/)
  })
})
