import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SandboxName } from '../../servers/contract/names.ts'
import { runOk } from '../exec/run-command.ts'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { commitFiles } from './commit-files.ts'
import { gitCommand } from './git.ts'
import { listBranches } from './refs.ts'
import { ensureRepositories } from './repositories.ts'
import {
  LOG_ENTRIES_KEPT,
  listSwitchRefs,
  liveRef,
  logRef,
  moveBranch,
  readSwitches,
  removeRefs,
  writeSwitch,
} from './switch-log.ts'

const DEV1: SandboxName = { server: 'socketserver', developer: 'dev1' }
const by = { who: 'dev1', key: `SHA256:${'a'.repeat(43)}` }

describe('the log of switches', () => {
  let root: string
  let layout: YardLayout
  const git = async (...args: string[]) =>
    (await runOk(gitCommand(layout.repository('socketserver'), args))).stdout.toString()
  const commit = async (text: string, message = text) => {
    const files = new Map([['src/main.ts', Buffer.from(text)]])
    await commitFiles(layout, { repository: 'socketserver', branch: 'dev1', files, message })
    return (await listBranches(layout, 'socketserver')).get('dev1')!
  }
  const write = (built: string, what = 'push') => writeSwitch(layout, DEV1, { built, by, what, at: new Date(0) })

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeyard-log-'))
    layout = yardLayout(root)
    await ensureRepositories(layout)
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it('has one commit a switch, with the tree that was live, and the live ref at the commit itself', async () => {
    const one = await commit('one', 'One\n\nCommit: forged\nWho: operator')
    await write(one)
    const two = await commit('two', 'Two \u001b[31m')
    const common = 'c'.repeat(40)
    await write(`${two}+${common}`, 'rollback')
    const entries = await readSwitches(layout, DEV1)
    assert.deepEqual(
      entries.map(({ built, subject, who, what, number }) => ({ built, subject, who, what, number })),
      [
        { built: `${two}+${common}`, subject: 'Two ?[31m', who: 'dev1', what: 'rollback', number: 2 },
        { built: one, subject: 'One', who: 'dev1', what: 'push', number: 1 },
      ],
    )
    assert.equal(
      await git('rev-parse', `${logRef(DEV1)}^{tree}`, `${logRef(DEV1)}~1^{tree}`),
      await git('rev-parse', `${two}^{tree}`, `${one}^{tree}`),
    )
    assert.equal((await git('rev-parse', liveRef(DEV1))).trim(), two)
    await git('fsck', '--strict', '--no-dangling')
  })

  it('is empty for a sandbox that never ran, and gone when it is removed, twice', async () => {
    assert.deepEqual(await readSwitches(layout, DEV1), [])
    await write(await commit('one'))
    assert.deepEqual([...(await listSwitchRefs(layout, 'socketserver')).keys()], [liveRef(DEV1), logRef(DEV1)])
    for (let time = 0; time < 2; time++) await removeRefs(layout, 'socketserver', [liveRef(DEV1), logRef(DEV1)])
    assert.equal((await listSwitchRefs(layout, 'socketserver')).size, 0)
  })

  it('lets its older half go when it gets long', async () => {
    const one = await commit('one')
    await write(one)
    // As if it had been written to so often.
    const input = Buffer.from(
      (await git('cat-file', 'commit', logRef(DEV1))).replace('Entry: 1', `Entry: ${2 * LOG_ENTRIES_KEPT - 2}`),
    )
    const folder = layout.repository('socketserver')
    const made = await runOk(gitCommand(folder, ['hash-object', '-t', 'commit', '-w', '--stdin']), { input })
    await git('update-ref', logRef(DEV1), made.stdout.toString().trim())
    await write(one, 'restart')
    await write(one, 'rollback')
    const entries = await readSwitches(layout, DEV1)
    assert.deepEqual(
      entries.map(({ what, number }) => [what, number]),
      [
        ['rollback', 3],
        ['restart', 2],
        ['push', 1],
      ],
    )
    assert.deepEqual((await git('for-each-ref', 'refs/trim')).trim(), '')
    await write(one, 'start')
    assert.equal((await readSwitches(layout, DEV1))[0]?.number, 4)
  })

  it('moves a branch only from where it was looked at', async () => {
    const one = await commit('one')
    const two = await commit('two')
    assert.equal(await moveBranch(layout, DEV1, { from: one, to: one, why: 'test' }), false)
    assert.equal(await moveBranch(layout, DEV1, { from: two, to: one, why: 'test' }), true)
    assert.equal((await listBranches(layout, 'socketserver')).get('dev1'), one)
    assert.equal(await moveBranch(layout, DEV1, { from: two, to: two, why: 'test' }), false)
  })

  it('says why a branch that has not moved cannot be moved', async () => {
    const one = await commit('one')
    await writeFile(join(layout.repository('socketserver'), 'refs/heads/dev1.lock'), '')
    const error = await moveBranch(layout, DEV1, { from: one, to: one, why: 'test' }).catch((thrown: Error) => thrown)
    assert.match(`${error}`, /Cannot move branch dev1 of socketserver: git said ".*refs\/heads\/dev1\.lock.*exists/)
    assert.ok(!`${error}`.includes(root), `${error}`)
  })
})
