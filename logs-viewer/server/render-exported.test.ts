import assert from 'node:assert/strict'
import type { ShownRecord } from '../query/wire.ts'
import { EXPORT_HEADS, renderExported } from './render-exported.ts'

const RECORD: ShownRecord = {
  ...{ id: 'dev1/socketserver/2026-11-20:0', developer: 'dev1', server: 'socketserver', severity: 'error', seq: 7 },
  ...{ time: '2026-11-20T12:00:00.000Z', received: '2026-11-20T12:00:00.001Z', message: 'No "such", room' },
  ...{ stack: 'Error\n    at f (src/main.ts:1:2)', fields: { room: 5 } },
}

describe('an exported record', () => {
  it('is the record itself, a line each', () => assert.deepEqual(JSON.parse(renderExported(RECORD, 'ndjson')), RECORD))

  it('is a row that any spreadsheet reads', () => {
    const row = [
      ...['2026-11-20T12:00:00.001Z', '2026-11-20T12:00:00.000Z', 'dev1', 'socketserver', 'error'],
      ...['"No ""such"", room"', '"Error\n    at f (src/main.ts:1:2)"', '', '', '', '7', '"{""room"":5}"'],
      'dev1/socketserver/2026-11-20:0',
    ]
    assert.equal(renderExported(RECORD, 'csv'), `${row.join(',')}\r\n`)
    assert.equal(EXPORT_HEADS.csv.split(',').length, row.length)
  })

  for (const message of ['=HYPERLINK("http://x")', '+1', '-2+3', '@SUM(A1)', '\t=1']) {
    it(`is never a formula: ${message}`, () => {
      const cell = renderExported({ ...RECORD, message }, 'csv').split(',')[5]!
      assert.match(cell, /^"?'/)
    })
  }

  it('is readable', () => {
    assert.equal(
      renderExported(RECORD, 'text'),
      '2026-11-20T12:00:00.001Z dev1 socketserver error  No "such", room {"room":5}\n    Error\n        at f (src/main.ts:1:2)\n',
    )
  })
  it('is one text, whatever is in it: none of it passes for a record, or does something to a terminal', () => {
    const message = 'a\n2026-11-20T12:00:00.001Z dev2 redis info   b\r\u001b[2J\u202ec'
    const lines = renderExported({ ...RECORD, message, stack: 's\u009b1m' }, 'text').split('\n')
    assert.deepEqual(lines, [
      '2026-11-20T12:00:00.001Z dev1 socketserver error  a',
      '    2026-11-20T12:00:00.001Z dev2 redis info   b\\u{d}\\u{1b}[2J\\u{202e}c {"room":5}',
      '    s\\u{9b}1m',
      '',
    ])
  })
})
