import assert from 'node:assert/strict'
import { OPERATOR_NAME } from '../../servers/contract/access.ts'
import * as scope from '../access/scope.ts'
import { mayJudge } from './errors/may-judge.ts'

describe('what becomes of errors', () => {
  it('is asked of those who may say it', () => {
    for (const who of [OPERATOR_NAME, 'ana', 'bo', 'master'])
      for (const developer of ['ana', 'master'])
        for (const server of ['socketserver', 'httpserver', 'redis', 'edgeyard']) {
          const source = { developer, server }
          assert.equal(mayJudge(who, source), scope.mayJudge(who, source), `${who}, ${server}/${developer}`)
        }
  })
})
