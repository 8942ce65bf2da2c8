import assert from 'node:assert/strict'
import { expiresHeaders, parseExpires } from './plan-expires.ts'

const NOW = new Date(2026, 10, 20, 12, 0, 0).getTime() / 1000
const TIMES = { now: NOW, modified: NOW - 3600 }

describe('expiresHeaders', () => {
  const cases: [text: string, offset: number | string, cacheControl: string][] = [
    ['epoch', 'Thu, 01 Jan 1970 00:00:01 GMT', 'no-cache'],
    ['max', 'Thu, 31 Dec 2037 23:55:55 GMT', 'max-age=315360000'],
    ['24h', 86_400, 'max-age=86400'],
    ['1h30m', 5400, 'max-age=5400'],
    ['90', 90, 'max-age=90'],
    ['0', 0, 'max-age=0'],
    ['-1', -1, 'no-cache'],
    ['+5m', 300, 'max-age=300'],
    ['@15h30m', 12_600, 'max-age=12600'],
    ['@12h', 86_400, 'max-age=86400'],
  ]
  for (const [text, expires, cacheControl] of cases) {
    it(`expires ${text}`, () => {
      assert.deepEqual(expiresHeaders(parseExpires(text), TIMES), [
        ['expires', typeof expires === 'string' ? expires : new Date((NOW + expires) * 1000).toUTCString()],
        ['cache-control', cacheControl],
      ])
    })
  }

  it('counts from the time of the file with "modified"', () => {
    const value = (seconds: number) => expiresHeaders({ kind: 'time', seconds, modified: true }, TIMES)[1]![1]
    assert.equal(value(7200), 'max-age=3600')
    assert.equal(value(1800), 'no-cache')
  })

  for (const text of ['off', '', 'soon', '@25h', '1h 2x']) {
    it(`is off for "${text}"`, () => assert.deepEqual(expiresHeaders(parseExpires(text), TIMES), []))
  }
})
