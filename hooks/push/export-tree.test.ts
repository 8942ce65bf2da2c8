import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportTree } from './export-tree.ts'

describe('exportTree', () => {
  let root: string
  let base: string
  let folder: string

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeyard-export-'))
    base = join(root, 'the-release-before')
    folder = join(root, 'next')
    await Promise.all([mkdir(base), mkdir(folder)])
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  const write = (into: string, from: string | null, paths: readonly string[]) =>
    exportTree({
      ...{ repository: '', quarantine: {}, folder: into, base: from },
      files: paths.map((path) => ({ path, id: '', bytes: 1 })),
      contents: paths.map(() => Buffer.from('x')),
    })

  it('shares with the release before what is the same, of more files than are made in one turn', async () => {
    const paths = Array.from({ length: 200 }, (_, n) => `data/${n % 7}/${n}.json`)
    await write(base, null, paths)
    await write(folder, base, [...paths, 'new'])
    for (const path of paths) {
      const [one, other] = await Promise.all([stat(join(base, path)), stat(join(folder, path))])
      assert.equal(one.ino, other.ino)
    }
    assert.equal(await readFile(join(folder, 'new'), 'utf8'), 'x')
  })

  it('names the file that a commit has twice, also where it is shared', async () => {
    await write(base, null, ['a/b'])
    for (const from of [null, base]) {
      await rm(join(folder, 'a'), { recursive: true, force: true })
      await assert.rejects(write(folder, from, ['a/b', 'a/b']), {
        code: 'TREE_REFUSED',
        message: 'Cannot take "a/b": the commit has it twice',
      })
    }
  })
})
