import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { QUOTAS_DEFAULT } from '../sandbox/quotas.ts'
import { createSshYard, type SshYard } from './ssh-yard.fixture.ts'

const MIB = 1024 * 1024

describe('the quota of a push over ssh', () => {
  let yard: SshYard
  before(async () => {
    const { everybody } = QUOTAS_DEFAULT
    yard = await createSshYard({
      quotas: { everybody: { ...everybody, push: MIB }, developers: { bob: { ...everybody, push: 8 * MIB } } },
    })
  })
  after(() => yard.close())

  it("is a developer's own, and told with how much came", async () => {
    const tree = await yard.workTree('tree', { big: randomBytes(3 * MIB) })
    const refused = await yard.git('ana', ['push', yard.url('socketserver'), 'HEAD:refs/heads/ana'], tree)
    assert.equal(refused.exitCode, 1)
    // git may give up before all of it has come.
    assert.match(
      refused.stderr,
      /edgeyard: refused: [1-3](\.\d)? MiB were pushed, at most 1 MiB \(quota push, yard\.yml\)/,
    )
    const taken = await yard.git('bob', ['push', yard.url('socketserver'), 'HEAD:refs/heads/bob'], tree)
    assert.equal(taken.exitCode, 0, taken.stderr)
  })
})
