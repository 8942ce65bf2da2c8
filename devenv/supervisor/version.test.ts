import assert from 'node:assert/strict'
import { isNewer } from './version.ts'

describe('isNewer', () => {
  for (const [one, other, newer] of [
    ['0.10.0', '0.9.3', true],
    ['0.9.3', '0.10.0', false],
    ['1.0.0', '1.0.0', false],
    ['1.0.1', '1.0', true],
    ['1.0.1-rc.1', '1.0.1', false],
    ['0.1.0', undefined, true],
  ] as const) {
    it(`says ${newer ? 'that' : 'not that'} ${one} is newer than ${other}`, () => {
      assert.equal(isNewer(one, other), newer)
    })
  }
})
