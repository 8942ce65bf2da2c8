import assert from 'node:assert/strict'
import { foldCase } from './fold-case.ts'

describe('foldCase', () => {
  it('changes the letters from A to Z and no other byte, whatever the length', () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    const expected = [...all].map((byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte))
    assert.deepEqual([...foldCase(all)], expected)
    for (const text of ['', 'A', 'ÄZz[@`{', 'Five5', 'A longer Text, É']) {
      const lower = text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
      assert.equal(foldCase(Buffer.from(text)).toString(), lower)
    }
  })
})
