// A rollback and a push of the same sandbox at the same moment: one of them wins as a whole, and the ref is what is live.
import assert from 'node:assert/strict'
import { callControl } from '../control/call.ts'
import type { RollbackResult } from '../control/protocol.ts'
import { yardLayout } from '../sandbox/layout.ts'
import { type Clone, sharedYard, type TestYard, until } from './yard.ts'

const ROUNDS = 5
const DEV1 = { server: 'socketserver', developer: 'dev1' } as const

describe('a rollback beside a push', () => {
  let yard: TestYard
  let clone: Clone
  let begun: string

  const rollBack = (): Promise<RollbackResult> =>
    callControl(yardLayout(yard.root).control, 'rollback', { ...DEV1, release: null })
  const standing = async () => {
    const ref = await clone.must('ls-remote', 'origin', 'refs/heads/dev1')
    return { ref: ref.stdout.slice(0, 40), live: (await yard.sandbox(DEV1.server, DEV1.developer)).commit }
  }

  before(async () => {
    yard = await sharedYard()
    clone = await yard.clone('socketserver', 'dev1')
    begun = (await clone.must('rev-parse', 'HEAD')).stdout.trim()
    for (const word of ['one', 'two']) await clone.ship({ 'notes.txt': word }, word)
  })
  after(async () => {
    await clone.must('push', '-q', '--force', 'origin', `${begun}:refs/heads/dev1`)
  })

  it('leaves the ref at what is live, whoever was quicker, and tells the loser', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await clone.write('notes.txt', `round ${round}`)
      const pushed = await clone.commit(`Round ${round}`)
      const [push, rolled] = await Promise.all([
        clone.git('push', '--force', 'origin', 'HEAD:refs/heads/dev1'),
        rollBack().then(
          (result) => ({ result, code: 'done' }),
          (error: { code: string }) => ({ result: null, code: error.code }),
        ),
      ])
      const { ref, live } = await standing()
      assert.equal(ref, live)
      const winners = [pushed, rolled.result?.branch.new]
      assert.ok(winners.includes(ref), `${ref} is neither's`)
      // Whoever did not come last was either live for a moment, or was told.
      if (push.exitCode !== 0) assert.match(push.output, /has moved|cannot lock ref|failed to update ref|fetch first/)
      if (rolled.result === null) assert.equal(rolled.code, 'BRANCH_MOVED')
    }
  })

  it('keeps what is live in git, however it came about', async () => {
    const { live } = await standing()
    await until('refs/live is at the live commit', async () => {
      const listed = await clone.must('ls-remote', 'origin', 'refs/live/socketserver/dev1')
      return listed.stdout.startsWith(live ?? '-')
    })
    // Somebody has spoilt both by hand: the next reconcile puts them right.
    const folder = yardLayout(yard.root).repository('socketserver')
    for (const ref of ['refs/live/socketserver/dev1', 'refs/log/socketserver/dev1']) {
      await clone.must('--git-dir', folder, 'update-ref', ref, begun)
    }
    await clone.must('--git-dir', folder, 'update-ref', 'refs/live/socketserver/nobody', begun)
    await callControl(yardLayout(yard.root).control, 'reconcile', {})
    await until('both are right again', async () => {
      const listed = await clone.must('ls-remote', 'origin', 'refs/live/socketserver/*')
      return listed.stdout.includes(`${live}\trefs/live/socketserver/dev1`) && !listed.stdout.includes('nobody')
    })
  })
})
