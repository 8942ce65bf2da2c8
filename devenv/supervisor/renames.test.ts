import assert from 'node:assert/strict'
import { createRenames } from './renames.ts'

describe('renames', () => {
  const rename = (from: string, to: string) => ({ from, to })
  const done = async () => {}

  it('let those wait who ask for either name, and nobody else', async () => {
    const renames = createRenames()
    let end = () => {}
    const job = new Promise<void>((resolve) => {
      end = resolve
    })
    const during = renames.during(rename('ana', 'anna'), () => job)
    const settled: string[] = []
    const waiting = ['ana', 'anna', 'bob'].map((name) => renames.settled(name).then(() => settled.push(name)))
    await waiting[2]
    assert.deepEqual(settled, ['bob'])
    assert.deepEqual(['ana', 'anna', 'bob'].map(renames.isUnderWay), [true, true, false])
    end()
    await Promise.all([during, ...waiting])
    assert.deepEqual(['ana', 'anna'].map(renames.isUnderWay), [false, false])
    assert.equal(renames.nameOf('ana'), 'anna')
  })

  it('are followed from name to name, also back again', async () => {
    const renames = createRenames()
    for (const [from, to] of [
      ['ana', 'anna'],
      ['anna', 'anne'],
    ] as const) {
      await renames.during(rename(from, to), done)
    }
    assert.deepEqual(['ana', 'anna', 'anne'].map(renames.nameOf), ['anne', 'anne', 'anne'])
    await renames.during(rename('anne', 'ana'), done)
    assert.deepEqual(['ana', 'anna', 'anne'].map(renames.nameOf), ['ana', 'ana', 'ana'])
  })

  it('that fail change no name', async () => {
    const renames = createRenames()
    const failing = renames.during(rename('ana', 'anna'), () => Promise.reject(new Error('the disk is full')))
    const waited = renames.settled('ana')
    await assert.rejects(failing, /the disk is full/)
    await waited
    assert.equal(renames.nameOf('ana'), 'ana')
  })
})
