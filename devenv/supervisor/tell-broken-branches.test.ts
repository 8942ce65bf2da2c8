import assert from 'node:assert/strict'
import type { LeftOut } from '../sandbox/render-what-fits.ts'
import { brokenBranchText, tellBrokenBranches } from './tell-broken-branches.ts'

describe('a branch of serverctrl that does not fit', () => {
  const branch: LeftOut = {
    ...{ kind: 'branch', name: 'dev1' },
    diagnostics: [{ file: 'dev1:redis.values.yaml', line: 3, column: 9, message: '"X" is no key of master' }],
  }

  it('is told with the first place that is wrong, to the operator and to its developer, and nothing else is', () => {
    const told: unknown[] = []
    const leftOut: LeftOut[] = [{ kind: 'developer', name: 'eve', diagnostics: [] }, branch]
    tellBrokenBranches({ confs: [], diagnostics: [], complaints: [], leftOut }, (severity, message, _fields, source) =>
      told.push([severity, message, source?.developer]),
    )
    const text =
      'the branch of dev1 in serverctrl does not fit the yard, what master says counts until it does: dev1:redis.values.yaml:3:9: "X" is no key of master'
    assert.equal(brokenBranchText(branch), text)
    assert.deepEqual(told, [
      ['crit', text, 'master'],
      ['crit', text, 'dev1'],
    ])
  })
})
