import assert from 'node:assert/strict'
import type { SwitchEntry } from '../git/switch-log.ts'
import { chooseRelease } from './rollback.ts'

const name = { server: 'socketserver', developer: 'dev1' } as const
const commits = ['a', 'b', 'c'].map((letter) => letter.repeat(8) + '1'.repeat(32)) as [string, string, string]
const [A, B, C] = commits
const entry = (built: string): SwitchEntry => ({
  ...{ built, subject: '', who: 'dev1', what: 'push', at: '', number: 1 },
  release: built
    .split('+')
    .map((commit) => commit.slice(0, 12))
    .join('-'),
})

describe('chooseRelease', () => {
  const choose = (entries: readonly string[], branch: string, release: string | null = null) =>
    chooseRelease(entries.map(entry), { name, branch, release }).built

  it('takes what was live before the commit of the branch', () => {
    assert.equal(choose([C, B, A], C), B)
    // A restart, and a common library that moved, are no other code.
    assert.equal(choose([`${C}+${A}`, C, C, A], C), A)
    // C crashed, and B was gone back to: the branch still stands at C.
    assert.equal(choose([B, C, B, A], C), B)
  })

  it('takes the release of a name, of its beginning, and of a commit', () => {
    assert.equal(choose([C, B, A], C, A.slice(0, 12)), A)
    assert.equal(choose([C, B, A], C, A.slice(0, 8)), A)
    assert.equal(choose([C, B, A], C, A), A)
    assert.equal(choose([C, `${B}+${A}`], C, `${B.slice(0, 12)}-${A.slice(0, 12)}`), `${B}+${A}`)
  })

  it('refuses what nobody knows, what names several, and a sandbox that had nothing before', () => {
    const D = `aaaaaaaa${'2'.repeat(32)}`
    assert.throws(() => choose([C, B], C, A), {
      code: 'RELEASE_UNKNOWN',
      message: /there are cccccccc1111, bbbbbbbb1111/,
    })
    assert.throws(() => choose([A, D], A, 'aaaaaaaa'), { code: 'RELEASE_UNKNOWN', message: /begins several/ })
    assert.throws(() => choose([C, C], C), { code: 'RELEASE_UNKNOWN', message: /nothing was live before/ })
    assert.throws(() => choose([], C), { code: 'RELEASE_UNKNOWN' })
  })
})
