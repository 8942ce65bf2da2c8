import assert from 'node:assert/strict'
import type { LogRecord } from '../../servers/contract/record.ts'
import { matches, parseFilter } from './filter.ts'
import { parseRecordId, renderRecordId } from './record-id.ts'

const RECORD: LogRecord = {
  server: 'socketserver',
  developer: 'dev1',
  time: '2026-11-20T12:00:00.000Z',
  received: '2026-11-20T12:00:00.001Z',
  severity: 'warn',
  message: 'Slow Message',
  stack: 'Error\n    at src/main.ts:1:2',
  request: 'R-17',
  fields: { path: 'a/b', ms: 120 },
}

describe('parseFilter and matches', () => {
  const table: [query: string, isShown: boolean][] = [
    ['', true],
    ['developer=&server=&severity=&text=', true],
    ['developer=dev1', true],
    ['developer=dev2', false],
    ['server=socketserver&developer=dev1', true],
    ['server=redis', false],
    ['severity=warn', true],
    ['severity=warning', true],
    ['severity=error', false],
    ['severity=debug', true],
    ['text=slow+message', true],
    ['text=MAIN.TS:1', true],
    ['text=r-17', true],
    ['text=a/b', true],
    ['text=nothing', false],
  ]
  for (const [query, isShown] of table) {
    it(`${isShown ? 'show' : 'hide'} a record with "${query}"`, () => {
      const filter = parseFilter(new URLSearchParams(query))
      assert.ok(typeof filter === 'object')
      assert.equal(matches(filter, RECORD), isShown)
    })
  }

  for (const query of ['developer=../x', 'server=x', 'severity=loud', `text=${'x'.repeat(201)}`]) {
    it(`answer "${query.slice(0, 30)}" with a sentence`, () => {
      assert.equal(typeof parseFilter(new URLSearchParams(query)), 'string')
    })
  }
})

describe('a record id', () => {
  it('is read as it was written', () => {
    const id = { developer: 'dev1', server: 'redis', day: '2026-11-20', offset: 17 }
    assert.equal(renderRecordId(id), 'dev1/redis/2026-11-20:17')
    assert.deepEqual(parseRecordId('dev1/redis/2026-11-20:17'), id)
  })

  for (const text of [
    '',
    '../redis/2026-11-20:1',
    'dev1/../2026-11-20:1',
    'dev1/redis/2026-11-20:-1',
    'dev1/redis/x:1',
  ]) {
    it(`is never "${text}"`, () => assert.equal(parseRecordId(text), undefined))
  }
})
