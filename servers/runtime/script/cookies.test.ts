import assert from 'node:assert/strict'
import { cookieOf, renderCookie } from './cookies.ts'

describe('a cookie', () => {
  for (const [header, name, value] of [
    ['a=1; b=2', 'b', '2'],
    ['a=1;b="2"', 'b', '2'],
    ['a=%E2%82%AC', 'a', '€'],
    ['a=%zz', 'a', '%zz'],
    ['a=x=y', 'a', 'x=y'],
    ['ba=1', 'a', undefined],
    ['a', 'a', undefined],
    [undefined, 'a', undefined],
    ['a=1; a=2', 'a', '1'],
    ['a=', 'a', ''],
  ] as const) {
    it(`of ${header} named ${name} is ${value}`, () => assert.equal(cookieOf(header, name), value))
  }

  it('is sent for the whole site and out of reach for scripts, unless it is said otherwise', () => {
    assert.equal(renderCookie('a', 'x; y'), 'a=x%3B%20y; Path=/; HttpOnly; SameSite=Lax')
    const expires = new Date(0)
    const all = {
      maxAge: 5,
      expires,
      domain: 'a.test',
      path: '/p',
      secure: true,
      httpOnly: false,
      sameSite: 'none',
    } as const
    assert.equal(
      renderCookie('a', '1', all),
      'a=1; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Domain=a.test; Path=/p; Secure; SameSite=None',
    )
  })

  for (const [title, make] of [
    ['a name with a space', () => renderCookie('a b', '1')],
    ['a path with an attribute in it', () => renderCookie('a', '1', { path: '/; Domain=evil.test' })],
    ['a line break', () => renderCookie('a', '1', { domain: 'a\r\nb' })],
    ['half a second', () => renderCookie('a', '1', { maxAge: 0.5 })],
    ['an invalid date', () => renderCookie('a', '1', { expires: new Date('x') })],
    ['an unknown sameSite', () => renderCookie('a', '1', { sameSite: 'some' as never })],
    ['sameSite none without secure', () => renderCookie('a', '1', { sameSite: 'none' })],
  ] as const) {
    it(`is refused with ${title}`, () => assert.throws(make, TypeError))
  }
})
