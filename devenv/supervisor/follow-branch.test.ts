import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { runOk } from '../exec/run-command.ts'
import { gitCommand } from '../git/git.ts'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { followBranch } from './follow-branch.ts'

describe('a branch that is followed', () => {
  let layout: YardLayout
  const git = async (...args: string[]) =>
    (await runOk(gitCommand(layout.repository('socketserver'), args))).stdout.toString().trim()
  const follow = (developer: string, commit: string) => {
    const told: string[] = []
    const done = new Promise<void>((resolve) => {
      const moved = () => {
        told.push(commit)
        resolve()
      }
      followBranch(layout, { server: 'socketserver', developer }, { commit, moved })
    })
    return { told, done }
  }
  let first: string
  let second: string

  before(async () => {
    layout = yardLayout(await mkdtemp(join(tmpdir(), 'edgeyard-follow-')))
    await runOk({ file: 'git', args: ['init', '-q', '--bare', layout.repository('socketserver')] })
    const tree = await git('hash-object', '-t', 'tree', '-w', '/dev/null')
    first = await git('commit-tree', tree, '-m', 'first')
    second = await git('commit-tree', tree, '-m', 'second')
  })
  after(() => rm(layout.root, { recursive: true, force: true }))

  it('is told of when it gets to the commit, and to nobody who waits for another one or another branch', async () => {
    const others = [follow('dev1', first), follow('dev2', second)]
    const { told, done } = follow('dev1', second)
    await git('update-ref', 'refs/heads/dev1', second)
    await done
    await setImmediate()
    assert.deepEqual(told, [second])
    assert.deepEqual(
      others.map((one) => one.told),
      [[], []],
    )
  })

  it('is nobody’s business where there is no such repository', () => {
    followBranch(layout, { server: 'dtserver', developer: 'dev1' }, { commit: first, moved: assert.fail })
  })
})
