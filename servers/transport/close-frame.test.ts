import assert from 'node:assert/strict'
import { CLOSE_REASON_BYTES_MAX, closeCode, closeReason } from './close-frame.ts'

describe('a close frame', () => {
  it('has a code that may be sent', () => {
    for (const code of [1000, 1008, 1011, 1012, 1013, 3000, 4999]) assert.equal(closeCode(code), code)
    for (const code of [0, 999, 1001, 1004, 1005, 1006, 1010, 1014, 1015, 2999, 5000, 70_000, -1, 1000.5, Number.NaN]) {
      assert.equal(closeCode(code), 1011)
    }
    assert.equal(closeCode(undefined), 1000)
  })

  it('has a reason that fits, cut between characters', () => {
    assert.equal(closeReason(undefined), '')
    assert.equal(closeReason('x'.repeat(CLOSE_REASON_BYTES_MAX)), 'x'.repeat(CLOSE_REASON_BYTES_MAX))
    assert.equal(closeReason('x'.repeat(500)), 'x'.repeat(CLOSE_REASON_BYTES_MAX))
    assert.equal(closeReason('é'.repeat(62)), 'é'.repeat(61))
    assert.equal(closeReason(`x${'😀'.repeat(40)}`), `x${'😀'.repeat(30)}`)
  })
})
