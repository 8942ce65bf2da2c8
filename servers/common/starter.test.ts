// The modules a yard's common library begins with.
import assert from 'node:assert/strict'
import { delayMs, retry } from './starter/backoff.ts'
import { isId, newId, timeOf } from './starter/ids.ts'

describe('the common library as it begins', () => {
  it('waits longer after each failure, by chance between half and all, up to the longest pause', () => {
    for (const [failed, longest] of [
      [1, 100],
      [2, 200],
      [5, 1600],
      [50, 10_000],
    ] as const) {
      const ms = delayMs(failed)
      assert.ok(ms >= longest / 2 && ms <= longest, `${failed}: ${ms}`)
    }
  })

  it('tries again until it succeeds, and gives up with the last error', async () => {
    const options = { firstMs: 1, tries: 3 }
    assert.equal(await retry((tried) => (tried < 3 ? Promise.reject(new Error('no')) : tried), options), 3)
    await assert.rejects(
      retry((tried) => Promise.reject(new Error(`try ${tried}`)), options),
      /try 3/,
    )
  })

  it('stops trying as soon as its signal aborts', async () => {
    const client = new AbortController()
    const gone = new Error('the client has gone')
    const job = retry(
      () => {
        client.abort(gone)
        throw new Error('no')
      },
      { firstMs: 60_000, signal: client.signal },
    )
    await assert.rejects(job, gone)
  })

  it('makes ids that sort by time and say when they were made', () => {
    const [early, late] = [newId(1_000), newId(1_700_000_000_000)]
    assert.ok(early < late)
    assert.equal(timeOf(late).getTime(), 1_700_000_000_000)
    assert.ok(isId(late))
    assert.notEqual(newId(5), newId(5))
    for (const text of ['', 'x', late.toLowerCase(), `${late}0`, `U${late.slice(1)}`])
      assert.equal(isId(text), false, text)
  })
})
