import assert from 'node:assert/strict'
import type { LogRecord } from '../../servers/contract/record.ts'
import { fingerprintOf, maskMessage, ownFrames } from './fingerprint.ts'

describe('the fingerprint of an error', () => {
  const record: LogRecord = {
    server: 'socketserver',
    developer: 'dev1',
    time: '2026-11-20T12:00:00.000Z',
    received: '2026-11-20T12:00:00.001Z',
    severity: 'error',
    message: "TypeError: Cannot read properties of undefined (reading 'sword')",
    stack: '    at load (src/load.ts:9:2)\n    at node:internal/x:1:1\n    at src/main.ts:4:5',
  }
  const same = fingerprintOf(record)

  const table: [name: string, change: Partial<LogRecord>, isSame: boolean][] = [
    ['another time, request and release', { time: 'x', request: 'r', release: '4f' }, true],
    [
      'another name in the message',
      { message: "TypeError: Cannot read properties of undefined (reading 'map')" },
      true,
    ],
    ['another line of the same file', { stack: '    at load (src/load.ts:12:2)\n    at src/main.ts:5:5' }, true],
    ['another message', { message: 'TypeError: x is not a function' }, false],
    ['another function', { stack: '    at save (src/load.ts:9:2)\n    at src/main.ts:4:5' }, false],
    ['another developer', { developer: 'dev2' }, false],
  ]
  for (const [name, change, isSame] of table) {
    it(`is ${isSame ? 'the same' : 'another one'} for ${name}`, () => {
      assert.equal(fingerprintOf({ ...record, ...change }) === same, isSame)
    })
  }

  it('leaves out numbers, ids and what is quoted', () => {
    assert.equal(maskMessage(`row 17 at 127.0.0.1:6380 of "a" in 4f2a91c8e012`), "row # at # of '…' in #")
    assert.equal(maskMessage('user 6ba7b810-9dad-11d1-80b4-00c04fd430c8'), 'user #')
    assert.equal(maskMessage('feedback added'), 'feedback added')
  })

  it('knows the script’s own places', () => {
    const stack =
      'Error: x\n    at async load (src/a.ts:1:2)\n    at f (node_modules/x/y.js:1:1)\n    at common/retry.ts:3:4'
    assert.deepEqual(ownFrames(stack), ['async load src/a.ts', ' common/retry.ts'])
  })
})
