import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runOk } from '../exec/run-command.ts'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { commitFiles } from './commit-files.ts'
import { gitCommand } from './git.ts'
import { measureCommit, needsTidying, tidyRepository } from './maintain.ts'
import { listBranches } from './refs.ts'
import { ensureRepositories } from './repositories.ts'

describe("a repository's maintenance", () => {
  let layout: YardLayout
  let folder: string
  const unasked = new AbortController().signal

  before(async () => {
    layout = yardLayout(await mkdtemp(join(tmpdir(), 'edgeyard-maintain-')))
    await ensureRepositories(layout)
    folder = layout.repository('socketserver')
    for (let n = 0; n < 5; n++) {
      await commitFiles(layout, {
        ...{ repository: 'socketserver', branch: n % 2 ? 'dev1' : 'master', message: `${n}` },
        files: new Map([['src/main.ts', Buffer.from(`export default ${n} // ${'x'.repeat(n * 1000)}\n`)]]),
      })
    }
  })
  after(() => rm(layout.root, { recursive: true, force: true }))

  it('makes one pack of many files, and leaves every branch where it is', async () => {
    const before = await listBranches(layout, 'socketserver')
    assert.equal(await needsTidying(folder), false)
    assert.equal(await needsTidying(folder, { loose: 3, packs: 20 }), true)
    assert.equal(await tidyRepository(folder, unasked), null)
    assert.equal(await needsTidying(folder, { loose: 0, packs: 1 }), false)
    assert.equal((await readdir(join(folder, 'objects/pack'))).filter((name) => name.endsWith('.pack')).length, 1)
    // git has packed the refs, too.
    assert.deepEqual(await listBranches(layout, 'socketserver'), before)
    const fsck = await runOk(gitCommand(folder, ['fsck', '--full', '--strict']))
    assert.equal(fsck.stdout.toString(), '')
  })

  it('sees a branch that moves after it was packed', async () => {
    const before = await listBranches(layout, 'socketserver')
    await runOk(gitCommand(folder, ['update-ref', 'refs/heads/dev1', before.get('master')!]))
    const after = await listBranches(layout, 'socketserver')
    assert.equal(after.get('dev1'), before.get('master'))
    await runOk(gitCommand(folder, ['update-ref', '-d', 'refs/heads/dev1']))
    assert.deepEqual([...(await listBranches(layout, 'socketserver')).keys()], ['master'])
    await runOk(gitCommand(folder, ['update-ref', 'refs/heads/dev1', before.get('dev1')!]))
  })

  it("counts what a branch holds beyond everybody's", async () => {
    const branches = await listBranches(layout, 'socketserver')
    const [dev1, master] = [branches.get('dev1')!, branches.get('master')!]
    const measure = (commit: string, base: string | null) => measureCommit(folder, { commit, base }, unasked)
    const whole = await measure(dev1, null)
    assert.ok(whole !== null && whole > 100, `${whole}`)
    assert.equal(await measure(master, master), 0)
    assert.equal(await measure('f'.repeat(40), null), null)
  })
})
