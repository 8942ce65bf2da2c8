import assert from 'node:assert/strict'
import { packHeaders, sharedText, unpackHeaders } from './settled-head.ts'

describe('the packed headers of a socket', () => {
  it('come out as they went in, whatever others have said before', () => {
    const lists = [
      [],
      [['host', 'one']],
      [
        ['host', 'one'],
        ['x-empty', ''],
        ['x-a', '1'],
        ['x-a', '2'],
        ['cookie', 'a=1'],
        ['x-latin', 'Gr\u00fc\u00dfe'],
      ],
      [
        ['x-long', 'l'.repeat(5000)],
        ['host', 'one'],
        ['sec-websocket-key', 'k'],
      ],
    ] as const
    for (let round = 0; round < 3; round++) {
      for (const headers of lists) assert.deepEqual(unpackHeaders(packHeaders(headers)), headers)
    }
  })

  it('are short when others say the same, but for what is each one’s own', () => {
    const headers = [
      ['user-agent', 'A browser with a long name'],
      ['cookie', 'secret'],
    ] as const
    packHeaders(headers)
    packHeaders(headers)
    const packed = packHeaders(headers)
    assert.equal(packed.includes('browser'), false)
    assert.equal(packed.includes('secret'), true)
  })

  it('stay readable when more is said than can be shared', () => {
    for (let n = 0; n < 300; n++) {
      const headers = [['x-many', `value ${n}`]] as const
      packHeaders(headers)
      assert.deepEqual(unpackHeaders(packHeaders(headers)), headers)
    }
  })
})

describe('a text that many sockets have', () => {
  it('is the same, also when there are more than can be shared', () => {
    for (let n = 0; n < 1000; n++) assert.equal(sharedText(`/room/${n}`), `/room/${n}`)
  })
})
