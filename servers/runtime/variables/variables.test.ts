import assert from 'node:assert/strict'
import { isBuiltIn, VARIABLE_NAMES } from '../../contract/conf/built-in-variables.ts'
import type { ServedRequest } from '../served-request.ts'
import { BUILT_IN } from './built-in.ts'
import { argumentOf, cookieOf, requestHeader, sentHeader } from './fields-of.ts'
import { write } from './times.ts'

describe('a variable', () => {
  it('that the conf may name has a value, and no other', () => {
    assert.deepEqual(Object.keys(BUILT_IN).sort(), [...VARIABLE_NAMES].sort())
    assert.ok(isBuiltIn('arg_x') && isBuiltIn('9') && !isBuiltIn('arg_') && !isBuiltIn('0') && !isBuiltIn('toString'))
  })

  for (const [args, name, value] of [
    ['a=1&b=2', 'b', '2'],
    ['A=1', 'a', '1'],
    ['ba=1&a=2&a=3', 'a', '2'],
    ['a&a=', 'a', ''],
    ['a', 'a', undefined],
    ['', 'a', undefined],
    ['a=1=2', 'a', '1=2'],
    ['x&a=%20+', 'a', '%20+'],
  ] as const) {
    it(`$arg_${name} of "${args}" is ${value}`, () => assert.equal(argumentOf(args, name), value))
  }

  it('$cookie_NAME is found in any Cookie header', () => {
    const headers = [
      ['cookie', 'a=1; bc=2'],
      ['cookie', 'C="3"; d'],
    ] as const
    assert.deepEqual(
      ['a', 'c', 'bc', 'd', 'b'].map((name) => cookieOf(headers, name)),
      ['1', '"3"', '2', undefined, undefined],
    )
  })

  it('$http_NAME joins headers of one name', () => {
    const headers = [
      ['x', '1'],
      ['cookie', 'a'],
      ['x', '2'],
      ['cookie', 'b'],
    ] as const
    assert.deepEqual([requestHeader(headers, 'x'), requestHeader(headers, 'cookie')], ['1, 2', 'a; b'])
  })

  it('$sent_http_content_length is known before the engine writes it', () => {
    assert.equal(sentHeader({ status: 200, headers: [], body: 'é' }, 'content-length'), '2')
    assert.equal(sentHeader({ status: 200, headers: [['X', '1']], body: undefined }, 'content-length'), undefined)
  })

  for (const [ip, bytes] of [
    ['127.0.0.1', '7f000001'],
    ['::1', '00000000000000000000000000000001'],
    ['2001:db8::a:b', '20010db80000000000000000000a000b'],
    ['::ffff:10.1.2.3', '00000000000000000000ffff0a010203'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ] as const) {
    it(`$binary_remote_addr of ${ip} is ${bytes}`, () => {
      const value = BUILT_IN.binary_remote_addr!({ ip } as ServedRequest)
      assert.equal(Buffer.from(value!, 'latin1').toString('hex'), bytes)
    })
  }

  it('$time_local and $time_iso8601 say the zone', () => {
    const { local, iso8601 } = write(1_700_000_000)
    assert.match(local, /^1[45]\/Nov\/2023:\d\d:\d3:20 [+-]\d{4}$/)
    assert.equal(Date.parse(iso8601), 1_700_000_000_000)
  })
})
