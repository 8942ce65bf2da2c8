import assert from 'node:assert/strict'
import { normalisePath } from './request-path.ts'

describe('a normalised path', () => {
  const cases: [rawPath: string, path: string | undefined][] = [
    ['/', '/'],
    ['/a/b.c', '/a/b.c'],
    ['/a/', '/a/'],
    ['/a/.', '/a/'],
    ['/a/..', '/'],
    ['/a/../', '/'],
    ['/a/b/../c', '/a/c'],
    ['/a/...', '/a/...'],
    ['/.well-known/x', '/.well-known/x'],
    ['//', '/'],
    ['///a//b//', '/a/b/'],
    ['//../a', undefined],
    ['/..', undefined],
    ['/a/../../b', undefined],
    ['/%2e%2e/a', undefined],
    ['/a/%2E%2e/b', '/b'],
    ['/a/.%2e/b', '/b'],
    ['/a%2fb', '/a%2fb'],
    ['/a/..%2Fb', '/a/..%2Fb'],
    ['/%252e%252e/a', '/%2e%2e/a'],
    ['/%41%62', '/Ab'],
    ['/a+b%20c', '/a+b c'],
    ['/%E2%98%83', '/☃'],
    ['/☃', '/☃'],
    ['/%e2%98', undefined],
    ['/\ufffd', undefined],
    ['/%00', undefined],
    ['/%', undefined],
    ['/%4', undefined],
    ['/%4g', undefined],
    ['/% 1', undefined],
    ['/%+1', undefined],
    ['', undefined],
    ['*', undefined],
    ['a', undefined],
  ]
  for (const [rawPath, path] of cases) {
    it(`of ${JSON.stringify(rawPath)} is ${path === undefined ? 'refused' : JSON.stringify(path)}`, () => {
      assert.equal(normalisePath(rawPath), path)
    })
  }
})
