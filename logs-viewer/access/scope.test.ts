import assert from 'node:assert/strict'
import { mayJudge, maySee } from './scope.ts'

describe('what somebody may see', () => {
  const table: readonly (readonly [who: string, source: string, own: boolean, judged: boolean])[] = [
    ['dev1', 'socketserver/dev1', true, true],
    ['dev1', 'redis/dev1', true, true],
    ['dev1', 'edgeyard/dev1', false, false],
    ['dev1', 'socketserver/dev2', false, false],
    ['dev1', 'redis/dev11', false, false],
    ['dev1', 'httpserver/master', true, false],
    ['dev1', 'socketserver/master', true, false],
    ['dev1', 'dtserver/master', true, false],
    ['dev1', 'mysql/master', true, false],
    ['dev1', 'redis/master', false, false],
    ['dev1', 'edgeyard/master', false, false],
    ['master', 'redis/master', true, true],
    ['master', 'edgeyard/master', false, false],
    ['operator', 'edgeyard/master', true, true],
    ['operator', 'redis/dev1', true, true],
  ]
  for (const [who, name, sees, judges] of table) {
    it(`${who} ${sees ? 'sees' : 'does not see'} ${name}`, () => {
      const [server = '', developer = ''] = name.split('/')
      assert.equal(maySee(who, { server, developer }, 'own'), sees)
      assert.equal(maySee(who, { server, developer }, 'all'), true)
      assert.equal(mayJudge(who, { server, developer }), judges)
    })
  }
})
