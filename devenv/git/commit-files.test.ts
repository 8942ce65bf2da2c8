import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runOk } from '../exec/run-command.ts'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { commitFiles, readBranchFiles } from './commit-files.ts'
import { gitCommand } from './git.ts'
import { ensureRepositories } from './repositories.ts'

/** What a person may call a file: with the last one, a writer that does not quote gives master a commit. */
const HOSTILE = [
  '"quoted"',
  'back\\slash',
  '"',
  'tab\there',
  'a b',
  'ünï',
  'folder/x\ndata 0\n\ncommit refs/heads/master\ncommitter a <a@b> 0 +0000\ndata 0\nM 100644 inline y',
]

describe('commitFiles', () => {
  let root: string
  let layout: YardLayout
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeyard-commit-'))
    layout = yardLayout(root)
    await ensureRepositories(layout)
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  const commit = (files: Record<string, string>, keepOthers = false) =>
    commitFiles(layout, {
      ...{ repository: 'serverctrl', branch: 'dev1', message: 'A change', keepOthers },
      files: new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])),
    })
  const files = async () =>
    Object.fromEntries(
      [...(await readBranchFiles(layout, 'serverctrl', 'dev1'))].map(([path, bytes]) => [path, String(bytes)]),
    )
  const git = async (...args: string[]) =>
    (await runOk(gitCommand(layout.repository('serverctrl'), args))).stdout.toString()

  it('takes a path for a path, whatever is in it', async () => {
    const all = Object.fromEntries(HOSTILE.map((path, index) => [path, `${index}`]))
    assert.equal(await commit(all), true)
    assert.deepEqual(await files(), all)
    assert.equal(await git('for-each-ref', '--format=%(refname)'), 'refs/heads/dev1\n')
    assert.equal(await commit(all), false, 'they are there')
  })

  it('makes the branch exactly the files, or leaves what else it has as it is', async () => {
    await commit({ one: '1', two: '2' })
    await commit({ two: '3' })
    assert.deepEqual(await files(), { two: '3' })
    // A link is none of the files that are written.
    const link = (
      await runOk(gitCommand(layout.repository('serverctrl'), ['hash-object', '-w', '--stdin']), { input: '/etc' })
    ).stdout
    const tree = await runOk(gitCommand(layout.repository('serverctrl'), ['mktree']), {
      input: `120000 blob ${String(link).trim()}\tlink\n`,
    })
    const made = await git('commit-tree', '-m', 'x', String(tree.stdout).trim())
    await git('update-ref', 'refs/heads/dev1', made.trim())
    assert.equal(await commit({ four: '4' }, true), true)
    assert.match(await git('ls-tree', 'dev1'), /^100644 blob \w+\tfour\n120000 blob \w+\tlink\n$/)
    assert.equal(await commit({ four: '4' }, true), false)
  })
})
