import assert from 'node:assert/strict'
import {
  CHAT_LENGTH_MAX,
  cleanText,
  MESSAGE_LENGTH_MAX,
  NAME_LENGTH_MAX,
  PLANE_SIZE,
  parseMessage,
} from './starter/src/protocol.ts'

describe('the lobby protocol', () => {
  const good: [string, object][] = [
    ['{"type":"join"}', { type: 'join' }],
    ['{"type":"join","name":"  Ada \\u0007 L. "}', { type: 'join', name: 'Ada L.' }],
    ['{"type":"move","x":0,"y":1000}', { type: 'move', x: 0, y: 1000 }],
    ['{"type":"move","x":0.5,"y":1e2,"z":1}', { type: 'move', x: 0.5, y: 100 }],
    ['{"type":"chat","text":"hello\\nworld"}', { type: 'chat', text: 'hello world' }],
    ['{"type":"who"}', { type: 'who' }],
  ]
  for (const [text, message] of good) {
    it(`understands ${text}`, () => assert.deepEqual(parseMessage(text), { ok: true, message }))
  }

  const bad: [string, string | Uint8Array, RegExp][] = [
    ['a binary frame', new TextEncoder().encode('{"type":"who"}'), /text frames/],
    ['what is not JSON', '{', /JSON object/],
    ['JSON that is no object', 'null', /JSON object/],
    ['a list', '[]', /"type" must be one of join, move, chat, who/],
    ['an unknown type', '{"type":"fly"}', /"type" must be one of/],
    ['a type of every object', '{"type":"toString"}', /"type" must be one of/],
    ['a message that is too long', `{"type":"chat","text":"${'x'.repeat(MESSAGE_LENGTH_MAX)}"}`, /at most/],
    ['a name that is no text', '{"type":"join","name":7}', /"name" must be a string/],
    ['a name of control characters', '{"type":"join","name":"\\u0000\\u202e"}', /"name" must be 1 to/],
    ['a name that is too long', `{"type":"join","name":"${'x'.repeat(NAME_LENGTH_MAX + 1)}"}`, /"name" must be 1 to/],
    ['a move without y', '{"type":"move","x":1}', /"x" and "y"/],
    ['a move by text', '{"type":"move","x":"1","y":2}', /"x" and "y"/],
    ['a move to infinity', '{"type":"move","x":1e999,"y":2}', /"x" and "y"/],
    ['a move off the plane', `{"type":"move","x":${PLANE_SIZE + 1},"y":2}`, /"x" and "y"/],
    ['a move below zero', '{"type":"move","x":-1,"y":2}', /"x" and "y"/],
    ['an empty chat', '{"type":"chat","text":" \\n "}', /"text" must be 1 to/],
    ['a chat that is too long', `{"type":"chat","text":"${'x'.repeat(CHAT_LENGTH_MAX + 1)}"}`, /"text" must be 1 to/],
  ]
  for (const [what, data, reason] of bad) {
    it(`refuses ${what} and says why`, () => {
      const parsed = parseMessage(data)
      assert.equal(parsed.ok, false)
      assert.match(parsed.ok ? '' : parsed.reason, reason)
    })
  }

  it('keeps letters of all scripts and emoji, and takes out what would fake another line', () => {
    assert.equal(cleanText('Привет 你好 👋🏽\u2028\u202egnp.\u0000'), 'Привет 你好 👋🏽 gnp.')
  })
})
