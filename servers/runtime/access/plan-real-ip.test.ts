import assert from 'node:assert/strict'
import { parseNetwork } from './network.ts'
import { clientAddress } from './plan-real-ip.ts'

describe('clientAddress', () => {
  const cases: [peer: string, told: string, recursive: boolean, expected: string][] = [
    ['10.0.0.1', '203.0.113.7', false, '203.0.113.7'],
    // Nobody believes a stranger.
    ['198.51.100.1', '203.0.113.7', false, '198.51.100.1'],
    ['10.0.0.1', '203.0.113.7, 198.51.100.2', false, '198.51.100.2'],
    ['10.0.0.1', '203.0.113.7, 10.0.0.2', false, '10.0.0.2'],
    ['10.0.0.1', '203.0.113.7, 10.0.0.2', true, '203.0.113.7'],
    ['10.0.0.1', '1.1.1.1, 203.0.113.7, 10.0.0.3, 10.0.0.2', true, '203.0.113.7'],
    ['10.0.0.1', '10.0.0.4, 10.0.0.3', true, '10.0.0.4'],
    ['10.0.0.1', 'unknown, 10.0.0.3', true, '10.0.0.3'],
    ['10.0.0.1', 'unknown', false, '10.0.0.1'],
    ['10.0.0.1', '203.0.113.7:4711', false, '203.0.113.7'],
    ['10.0.0.1', '[2001:db8::5]:443', false, '2001:db8::5'],
    ['10.0.0.1', '2001:DB8:0:0:0:0:0:5', false, '2001:db8::5'],
    ['10.0.0.1', ' 203.0.113.7 , ', false, '203.0.113.7'],
    ['10.0.0.1', '', false, '10.0.0.1'],
  ]
  const isTrusted = parseNetwork('10.0.0.0/8')
  for (const [peer, told, recursive, expected] of cases) {
    it(`${peer} tells "${told}"${recursive ? ', recursively' : ''}: ${expected}`, () => {
      assert.equal(clientAddress(peer, told, { isTrusted, recursive }), expected)
    })
  }
})
