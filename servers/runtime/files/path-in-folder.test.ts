import assert from 'node:assert/strict'
import { isServed, pathInFolder } from './path-in-folder.ts'

describe('pathInFolder', () => {
  const cases: [
    kind: 'root' | 'alias',
    match: 'prefix' | 'exact' | 'pattern',
    location: string,
    uri: string,
    expected: string,
  ][] = [
    ['root', 'prefix', '/i/', '/i/a.png', '/i/a.png'],
    ['alias', 'prefix', '/i/', '/i/a.png', '/a.png'],
    ['alias', 'prefix', '/i', '/i/a.png', '/a.png'],
    ['alias', 'prefix', '/i', '/i', ''],
    ['alias', 'prefix', '/i/', '/i/', '/'],
    // Without a slash at its end nginx's alias can be led out of its folder by this.
    ['alias', 'prefix', '/i', '/i../secret', '/../secret'],
    ['alias', 'prefix', '/i', '/icon.png', '/con.png'],
    ['alias', 'exact', '/favicon.ico', '/favicon.ico', ''],
    ['alias', 'pattern', '\\.ico$', '/any/favicon.ico', ''],
  ]
  for (const [kind, match, path, uri, expected] of cases) {
    it(`${kind} of ${match} ${path}: ${uri} is "${expected}"`, () => {
      const files = { folder: { kind, dir: 'public' } }
      assert.equal(pathInFolder({ match, path, files } as Parameters<typeof pathInFolder>[0], uri), expected)
    })
  }
})

describe('isServed', () => {
  for (const path of ['', '/', '/a', '/a/', '/a/b.txt', '/a b']) it(`"${path}"`, () => assert.ok(isServed(path)))
  for (const path of ['/.git', '/a/.b/c', '/../a', '/a//b', '//', '/a%2fb', '/a\\b', '/a\0']) {
    it(`not "${path}"`, () => assert.ok(!isServed(path)))
  }
})
