import assert from 'node:assert/strict'
import { addressOfBytes, addressOfText } from './client-address.ts'

describe("a client's address", () => {
  const cases: [hex: string, text: string][] = [
    ['7f000001', '127.0.0.1'],
    ['00000000000000000000ffff7f000001', '127.0.0.1'],
    ['00000000000000000000000000000001', '::1'],
    ['00000000000000000000000000000000', '::'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['20010db8000100020003000400050006', '2001:db8:1:2:3:4:5:6'],
    ['20010db8000100000003000400050006', '2001:db8:1:0:3:4:5:6'],
    ['fe800000000000000000000000000000', 'fe80::'],
    ['', 'unix:'],
    ['7f', ''],
  ]
  for (const [hex, text] of cases) {
    it(`of the bytes ${hex || 'none'} is "${text}"`, () => {
      assert.equal(addressOfBytes(Buffer.from(hex, 'hex')), text)
    })
  }

  it('is the same as text', () => {
    assert.equal(addressOfText('::ffff:10.0.0.1'), '10.0.0.1')
    assert.equal(addressOfText('::1'), '::1')
    assert.equal(addressOfText(undefined), 'unix:')
  })
})
