import assert from 'node:assert/strict'
import type { EdgeRequest } from 'edgeyard'
import { BODY_LENGTH_MAX, bearerOf, nameKey, parseCredentials, readObject } from './starter/src/input.ts'

function request(headers: Record<string, string>, body = ''): EdgeRequest {
  return { header: (name: string) => headers[name], text: async () => body } as unknown as EdgeRequest
}

describe('what clients of httpserver send', () => {
  const json = { 'content-type': 'application/json; charset=utf-8' }
  const bodies: [string, EdgeRequest, number][] = [
    ['no type', request({}, '{}'), 415],
    ['a form', request({ 'content-type': 'application/x-www-form-urlencoded' }, 'name=a'), 415],
    ['a long body', request(json, `"${'x'.repeat(BODY_LENGTH_MAX)}"`), 413],
    ['half of JSON', request(json, '{'), 400],
    ['a list', request(json, '[]'), 400],
    ['nothing', request(json, ''), 400],
  ]
  for (const [what, req, status] of bodies) {
    it(`is refused with ${status} when it is ${what}`, () => assert.rejects(readObject(req), { status }))
  }

  it('is an object of JSON otherwise', async () =>
    assert.deepEqual(await readObject(request(json, '{"a":1}')), { a: 1 }))

  const password = 'long enough'
  for (const name of ['ab', 'Ada', 'Жанна-7', 'a.b_c', '名字', 'x'.repeat(24)]) {
    it(`may call a user ${name}`, () => assert.deepEqual(parseCredentials({ name, password }), { name, password }))
  }
  for (const name of ['', 'a', '.a', 'a b', 'a\u0000b', 'a\u202eb', '<b>', 'x'.repeat(25), 7, null, undefined]) {
    it(`may not call a user ${JSON.stringify(name)}`, () => {
      assert.throws(() => parseCredentials({ name, password }), { status: 400, code: 'bad_name' })
    })
  }
  for (const wrong of ['short', 'x'.repeat(201), 12345678, undefined]) {
    it(`may not have the password ${JSON.stringify(wrong)}`.slice(0, 60), () => {
      assert.throws(() => parseCredentials({ name: 'ada', password: wrong }), { status: 400, code: 'bad_password' })
    })
  }

  it('is the same name in another case or width', () => {
    const [one, two] = ['Ada', 'ＡＤＡ'].map((name) => nameKey(parseCredentials({ name, password }).name))
    assert.equal(one, two)
  })

  it('carries a session as a bearer', () => {
    const session = 'x'.repeat(43)
    assert.equal(bearerOf(request({ authorization: `Bearer ${session}` })), session)
    for (const authorization of ['', 'Basic abc', 'Bearer ', `Bearer ${session} x`]) {
      assert.throws(() => bearerOf(request({ authorization })), { status: 401 })
    }
  })
})
