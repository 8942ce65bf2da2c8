import assert from 'node:assert/strict'
import { NO_COMMIT } from '../../devenv/git/git.ts'
import type { RepositoryName } from '../../servers/contract/names.ts'
import { authorise, type Pusher } from './authorise.ts'
import { parseUpdates, refText } from './parse-updates.ts'

const A = 'a'.repeat(40)
const OPERATOR: Pusher = { operator: true }
const DEV1: Pusher = { operator: false, developer: 'dev1' }
const MASTER_KEY: Pusher = { operator: false, developer: 'master' }

function decide(pusher: Pusher, refs: readonly string[], repository: RepositoryName = 'socketserver'): string[] {
  const updates = refs.map((ref) =>
    ref.startsWith(':')
      ? { ref: ref.slice(1), oldCommit: A, newCommit: NO_COMMIT }
      : { ref, oldCommit: NO_COMMIT, newCommit: A },
  )
  return authorise({ repository, pusher, updates, developers: ['master', 'dev1', 'dev2'] })
}

describe('authorise', () => {
  const MAY: readonly (readonly [who: string, pusher: Pusher, refs: readonly string[], repository?: RepositoryName])[] =
    [
      ['a developer their branch', DEV1, ['refs/heads/dev1']],
      ['a developer their branch of serverctrl', DEV1, ['refs/heads/dev1'], 'serverctrl'],
      ['a developer a restart', DEV1, ['refs/ctl/restart']],
      ['a developer the status of serverctrl', DEV1, ['refs/ctl/status'], 'serverctrl'],
      ['a developer a rollback', DEV1, ['refs/ctl/rollback']],
      ['a developer a rollback to a release', DEV1, ['refs/ctl/rollback/4f2a91c8e012']],
      ['a developer a reload', DEV1, ['refs/ctl/reload']],
      ['a developer their Redis anew', DEV1, ['refs/ctl/redis/restart'], 'serverctrl'],
      ['a developer their Redis emptied', DEV1, ['refs/ctl/redis/flush'], 'serverctrl'],
      ['the key of master its branch', MASTER_KEY, ['refs/heads/master']],
      ['the operator the common library', OPERATOR, ['refs/heads/master'], 'common'],
      ['the key of master the common library', MASTER_KEY, ['refs/heads/master'], 'common'],
      [
        'the operator any branch, several at once',
        OPERATOR,
        ['refs/heads/master', 'refs/heads/dev1', 'refs/heads/dev2'],
      ],
    ]
  for (const [title, pusher, refs, repository] of MAY) {
    it(`grants ${title}`, () => assert.deepEqual(decide(pusher, refs, repository), []))
  }

  const DEV1_MAY =
    'dev1 may push to refs/heads/dev1 and refs/ctl/{status,releases,rollback,restart,stop,start,reload} only'
  const MAY_NOT: readonly (readonly [title: string, pusher: Pusher, refs: readonly string[], says: RegExp])[] = [
    ["another's branch", DEV1, ['refs/heads/dev2'], /^refs\/heads\/dev2: dev1 may push to refs\/heads\/dev1 and/],
    ['master', DEV1, ['refs/heads/master'], /dev1 may push to/],
    ["a developer's branch by the key of master", MASTER_KEY, ['refs/heads/dev1'], /master may push to/],
    ['a tag', DEV1, ['refs/tags/dev1'], /tags are not kept here/],
    ['a tag of the operator', OPERATOR, ['refs/tags/v1'], /tags are not kept here; the operator may push/],
    ['a branch below their own', DEV1, ['refs/heads/dev1/x'], /dev1 may push to/],
    ['a branch above their own', DEV1, ['refs/heads/dev'], /dev1 may push to/],
    ['a branch that begins alike', DEV1, ['refs/heads/dev11'], /dev1 may push to/],
    ['their branch in capitals', DEV1, ['refs/heads/DEV1'], /dev1 may push to/],
    ['a note', DEV1, ['refs/notes/commits'], /dev1 may push to/],
    ['a replacement', DEV1, ['refs/replace/abc'], /dev1 may push to/],
    ['a hidden corner', DEV1, ['refs/dev1'], /dev1 may push to/],
    ['refs/heads itself', DEV1, ['refs/heads/'], /dev1 may push to/],
    ['their branch twice nested', DEV1, ['refs/heads/refs/heads/dev1'], /dev1 may push to/],
    ['an unknown verb', DEV1, ['refs/ctl/explode'], /dev1 may push to/],
    ['a verb with more behind it', DEV1, ['refs/ctl/restart/dev2'], /dev1 may push to/],
    ['a rollback to what names no release', DEV1, ['refs/ctl/rollback/../../heads/dev2'], /dev1 may push to/],
    ['a verb that is for ssh only', DEV1, ['refs/ctl/logs'], /dev1 may push to/],
    ['what is live', DEV1, ['refs/live/socketserver/dev1'], /dev1 may push to/],
    ['the log of switches', DEV1, ['refs/log/socketserver/dev1'], /dev1 may push to/],
    ['deleting the log of switches', DEV1, [':refs/log/socketserver/dev1'], /dev1 may push to/],
    ['what is live by the operator', OPERATOR, ['refs/live/socketserver/dev1'], /the operator may push/],
    ['a verb that every object has', DEV1, ['refs/ctl/constructor'], /dev1 may push to/],
    ['two verbs', DEV1, ['refs/ctl/stop', 'refs/ctl/start'], /one verb a push/],
    ['a verb beside a branch', DEV1, ['refs/heads/dev1', 'refs/ctl/restart'], /one verb a push/],
    ['a verb of the operator', OPERATOR, ['refs/ctl/restart'], /use "edgeyard restart/],
    ['deleting their branch', DEV1, [':refs/heads/dev1'], /cannot be deleted/],
    ["deleting another's branch", DEV1, [':refs/heads/dev2'], /dev1 may push to/],
    ['deleting a verb', DEV1, [':refs/ctl/restart'], /dev1 may push to/],
    ['deleting by the operator', OPERATOR, [':refs/heads/dev1'], /cannot be deleted/],
    [
      'a branch of nobody',
      OPERATOR,
      ['refs/heads/dev9'],
      /no developer of this name; the operator may push master and the branches of dev1, dev2/,
    ],
    ["a branch below a developer's", OPERATOR, ['refs/heads/dev1/x'], /no developer of this name/],
  ]
  for (const [title, pusher, refs, says] of MAY_NOT) {
    it(`refuses ${title}`, () => {
      const reasons = decide(pusher, refs)
      assert.equal(reasons.length, 1, reasons.join('\n'))
      assert.match(reasons[0]!, says)
    })
  }

  it('refuses whoever was a developer when they connected and is none now, also what anybody may', () => {
    const gone: Pusher = { operator: false, developer: 'gone' }
    for (const ref of ['refs/heads/gone', 'refs/ctl/status'])
      assert.deepEqual(decide(gone, [ref]), ['there is no developer "gone" any more; connect anew'])
  })

  it('gives serverctrl its own verbs, and no other', () => {
    assert.match(
      decide(DEV1, ['refs/ctl/restart'], 'serverctrl')[0]!,
      /refs\/ctl\/{status,redis\/restart,redis\/flush}/,
    )
    assert.match(decide(DEV1, ['refs/ctl/redis/flush'])[0]!, /dev1 may push to/)
  })

  it('refuses the whole of a push for one of its refs, and says what is allowed', () => {
    assert.deepEqual(decide(DEV1, ['refs/heads/dev1', 'refs/heads/dev2']), [`refs/heads/dev2: ${DEV1_MAY}`])
  })

  it('shows a few reasons of a push with thousands of refs', () => {
    const reasons = decide(
      DEV1,
      Array.from({ length: 3000 }, (_, index) => `refs/heads/x${index}`),
    )
    assert.equal(reasons.length, 9)
    assert.equal(reasons.at(-1), '… and 2992 refs more')
  })

  it('does not take a name that is not UTF-8 for one that is', () => {
    const line = (name: Buffer) =>
      Buffer.concat([Buffer.from(`${NO_COMMIT} ${A} refs/heads/`), name, Buffer.from('\n')])
    const [first, second] = parseUpdates(
      Buffer.concat([line(Buffer.from([0x61, 0xff])), line(Buffer.from([0x61, 0xfe]))]),
    )
    assert.notEqual(first!.ref, second!.ref)
    assert.equal(refText(first!.ref), refText(second!.ref))
  })

  describe('refuses of the common library', () => {
    const MAY_NOT_COMMON: readonly (readonly [title: string, pusher: Pusher, ref: string, says: RegExp])[] = [
      ["a developer's push to master", DEV1, 'refs/heads/master', /only the operator may push it$/],
      ["a developer's branch", DEV1, 'refs/heads/dev1', /it has one branch|has one branch, master/],
      ['a status', DEV1, 'refs/ctl/status', /only the operator/],
      ['a status for the key of master', MASTER_KEY, 'refs/ctl/status', /only the operator/],
      ['another branch of the operator', OPERATOR, 'refs/heads/dev1', /has one branch, master/],
      ['a tag of the operator', OPERATOR, 'refs/tags/v1', /has one branch, master/],
      ['the deletion of its branch', OPERATOR, ':refs/heads/master', /it cannot be deleted$/],
    ]
    for (const [title, pusher, ref, says] of MAY_NOT_COMMON) {
      it(title, () => {
        const refused = decide(pusher, [ref], 'common')
        assert.equal(refused.length, 1)
        assert.match(refused[0]!, says)
      })
    }
  })

  it('refuses everybody the branch on which the yard keeps types', () => {
    for (const pusher of [OPERATOR, DEV1, MASTER_KEY]) assert.equal(decide(pusher, ['refs/heads/types']).length, 1)
  })
})
