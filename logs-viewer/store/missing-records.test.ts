// What the numbers of records say of those that never came.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { createRun } from '../../servers/contract/run.ts'
import { at, useStore } from './record-store.fixture.ts'

const _signal = new AbortController().signal

describe('records that never came', () => {
  const kept = useStore()
  const { open, read, derived } = kept

  it('says how many records are missing before one, also after a restart, and hides what is only there to be counted', async () => {
    const run = '0mj5x2k9c-7f3qz1'
    const put = (seq: number, body = {}) =>
      kept.yard.put('socketserver', 'dev1', at(seq), { run, seq, message: `${seq}`, ...body })
    for (const seq of [1, 2, 5]) put(seq)
    put(6, { kind: 'count' })
    await open()
    const shown = async () => (await read('')).records.map(({ message, missing }) => `${message} ${missing ?? 0}`)
    assert.deepEqual(await shown(), ['1 0', '2 0', '5 2'])
    await open()
    put(9)
    put(9)
    assert.deepEqual(await shown(), ['1 0', '2 0', '5 2', '9 2'])
    // The last ones of a process are missing, and nothing follows but how many there were.
    put(12, { kind: 'count' })
    assert.deepEqual(await shown(), ['1 0', '2 0', '5 2', '9 2', '12 2'])
    assert.deepEqual((await kept.store.status(kept.store.sources())).gaps, { processes: 1, records: 6 })
  })

  it('sees what is missing across midnight: as it happens, when all it keeps is gone, and when the day before is Parquet alone', async () => {
    const midnight = Date.parse('2026-11-20T00:00:00.000Z')
    const [older, younger] = [createRun(midnight - 3_600_000, () => 0.1), createRun(midnight - 1, () => 0.2)]
    const put = (ms: number, run: string, seq: number) =>
      kept.yard.put('socketserver', 'dev1', new Date(midnight + ms).toISOString(), {
        run,
        seq,
        message: `${ms} ${seq}`,
      })
    const shown = async () => (await read('')).records.map(({ message, missing }) => `${message} ${missing ?? 0}`)
    const expected = ['-60000 1 0', '-59000 2 0', '-1 3 0', '0 6 2', '5 4 3', '6 7 0']
    for (const [ms, seq] of [
      [-60_000, 1],
      [-59_000, 2],
      [-1, 3],
    ] as const)
      put(ms, older, seq)
    await open()
    assert.deepEqual(await shown(), expected.slice(0, 3))
    put(0, older, 6)
    // Of this one everything that it has written yesterday is missing.
    put(5, younger, 4)
    put(6, older, 7)
    // That there is a new file has to be noticed first.
    while ((await shown()).length < expected.length);
    assert.deepEqual(await shown(), expected, 'as it happens')
    await open()
    assert.deepEqual(await shown(), expected, 'after a restart')
    await kept.store.close()
    rmSync(derived(), { recursive: true })
    await open()
    assert.deepEqual(await shown(), expected, 'made anew')
    await kept.store.caughtUp
    await kept.store.close()
    rmSync(kept.yard.file('socketserver', 'dev1', '2026-11-19'))
    rmSync(derived(), { recursive: true })
    await open()
    assert.deepEqual(await shown(), expected, 'from Parquet')
    assert.deepEqual((await kept.store.status(kept.store.sources())).gaps, { processes: 2, records: 5 })
  })
})
