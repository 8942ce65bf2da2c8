import assert from 'node:assert/strict'
import { findStrays } from './process-marks.ts'

describe('findStrays', () => {
  const of = (pid: number, parent: number, mark: string | null = 'ours') => ({ pid, parent, mark })
  const strays = (processes: ReturnType<typeof of>[], known: number[]) =>
    findStrays(processes, new Set(known), (mark) => mark === 'ours').map(({ pid }) => pid)

  it('are what has our mark and nobody knows', () => {
    assert.deepEqual(strays([of(1, 0, null), of(5, 1), of(6, 1, 'theirs'), of(7, 1, null)], []), [5])
  })

  it('are not what a known one was started by, or has started', () => {
    assert.deepEqual(strays([of(1, 0, null), of(5, 1), of(6, 5), of(7, 6)], [6]), [])
    assert.deepEqual(strays([of(1, 0, null), of(5, 1), of(6, 5), of(8, 5)], [6]), [8])
  })

  it('are also what one of them has started, with a mark or without', () => {
    assert.deepEqual(strays([of(1, 0, null), of(5, 1), of(6, 5, null), of(7, 6, ''), of(8, 1, null)], []), [5, 6, 7])
  })

  it('are found in a list that names a circle', () => {
    assert.deepEqual(strays([of(5, 6), of(6, 5)], []), [5, 6])
  })
})
