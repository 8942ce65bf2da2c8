import assert from 'node:assert/strict'
import type { ShownRecord } from '../query/wire.ts'
import { partOf } from './records/record-value.ts'

const record = (fields?: ShownRecord['fields']): ShownRecord => ({
  ...{ id: 'dev1/redis/2026-11-20:0', developer: 'dev1', server: 'redis', severity: 'info', message: '', pid: 7 },
  ...{ time: '', received: '', ...(fields === undefined ? {} : { fields }) },
})

describe('a column', () => {
  const table: [name: string, fields: string | undefined, text: string][] = [
    ['pid', undefined, '7'],
    ['ms', '{"ms":5}', '5'],
    ['room.id', '{"room":{"id":5}}', '5'],
    ['room.id', '{"room.id":6}', '6'],
    ['room', '{"room":{"id":5}}', '{"id":5}'],
    ['__proto__', '{"__proto__":"p"}', 'p'],
    ['constructor', '{"constructor":"c"}', 'c'],
    ...['__proto__', 'constructor', 'room.toString', 'ms'].flatMap((name): [string, string | undefined, string][] => [
      [name, '{"room":{"id":5}}', ''],
      [name, undefined, ''],
    ]),
  ]
  for (const [name, fields, text] of table) {
    it(`of ${name} shows "${text}" of ${fields ?? 'no fields'}`, () => {
      assert.equal(partOf(record(fields === undefined ? undefined : JSON.parse(fields)), name), text)
    })
  }
})
