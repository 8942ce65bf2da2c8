import assert from 'node:assert/strict'
import { parseNetwork } from './network.ts'

describe('parseNetwork', () => {
  const cases: [source: string, ip: string, expected: boolean][] = [
    ['all', '10.0.0.1', true],
    ['all', 'unix:', true],
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['192.168.1.128/25', '192.168.1.200', true],
    ['192.168.1.128/25', '192.168.1.100', false],
    ['192.168.1.2', '192.168.1.2', true],
    ['192.168.1.2', '192.168.1.3', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['0.0.0.0/0', '::1', false],
    ['::1', '::1', true],
    ['::1', '::2', false],
    ['2001:db8::/32', '2001:db8:1::5', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['2001:db8:0:0:0:0:0:0/33', '2001:db8:7fff::', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['::/0', '2001:db8::', true],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['unix:', 'unix:', true],
    ['unix:', '127.0.0.1', false],
    ['10.0.0.0/8', 'unix:', false],
    ['10.0.0.0/8', '', false],
  ]
  for (const [source, ip, expected] of cases) {
    it(`${source} ${expected ? 'has' : 'has not'} ${ip || 'what is no address'}`, () => {
      assert.equal(parseNetwork(source)(ip), expected)
    })
  }

  for (const source of [
    '',
    'localhost',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.0/33',
    '10.0.0.0/x',
    ':::',
    '1::2::3',
    '2001:db8::/129',
    'g::',
  ]) {
    it(`"${source}" is none`, () => assert.throws(() => parseNetwork(source), /neither an address nor a network/))
  }
})
