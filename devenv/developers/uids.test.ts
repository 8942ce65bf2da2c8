import assert from 'node:assert/strict'
import { SERVERS } from '../../servers/contract/names.ts'
import { DEVELOPERS_MAX } from '../sandbox/ports.ts'
import { developerGid, sandboxUid, UID_BASE } from './uids.ts'

describe('the users of a yard', () => {
  it('are different for every sandbox and Redis of every developer there can be', () => {
    const developers = Array.from({ length: Math.max(DEVELOPERS_MAX, 300) }, (_, index) => UID_BASE + index)
    const uids = developers.flatMap((uid) => [uid, ...SERVERS.map((server) => sandboxUid(uid, server))])
    assert.equal(new Set(uids).size, uids.length)
    for (const uid of developers) {
      for (const server of SERVERS) assert.equal(developerGid(sandboxUid(uid, server)!), uid)
    }
  })

  it('are none without root rights', () => {
    assert.equal(sandboxUid(null, 'dtserver'), null)
  })
})
