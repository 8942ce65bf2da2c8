import assert from 'node:assert/strict'
import { newsOf } from './news-of.ts'

describe('what is told of a push of the yard itself', () => {
  const steps = ['dev1:', 'export    97 ms  9 files, 27 KiB', 'build     28 ms  src/main.ts']
  const live = 'dev1 dtserver is live: release 48a2f21d9a96 at ws://127.0.0.1:26123/dt'

  it('is what became live', () => assert.deepEqual(newsOf([...steps, live], 1), [live]))

  it('is nothing when nothing had to become live', () =>
    assert.deepEqual(newsOf(['render     8 ms  11 confs', 'nothing had to be switched'], 0), []))

  it('is everything when something did not become live', () => {
    const said = [...steps, live, 'dev2 dtserver is not running: no port']
    assert.deepEqual(newsOf(said, 2), said)
  })
})
