import assert from 'node:assert/strict'
import { parseToServer } from './channel.ts'

describe('what a supervisor says to a server', () => {
  it('is the word to listen, with or without the process it is', () => {
    assert.deepEqual(parseToServer('{"type":"listen","pid":4711}'), { type: 'listen', pid: 4711 })
    assert.deepEqual(parseToServer('{"type":"listen","more":1}'), { type: 'listen' })
  })

  for (const line of [
    '',
    '{}',
    '"listen"',
    '{"type":"ready"}',
    '{"type":"listen","pid":0}',
    '{"type":"listen","pid":"1"}',
  ]) {
    it(`is not ${line || 'nothing'}`, () => assert.throws(() => parseToServer(line), { code: 'PROTOCOL' }))
  }
})
