import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runOk } from '../../devenv/exec/run-command.ts'
import { gitCommand } from '../../devenv/git/git.ts'
import { withObjects } from '../../devenv/git/object-reader.ts'
import { initBare } from '../../devenv/git/simple.ts'
import { listTree } from './list-tree.ts'

const PLENTY = 1_000_000

describe('the listing of a commit', () => {
  let root: string
  let folder: string

  const git = async (args: readonly string[], input?: string | Buffer) => {
    const { stdout } = await runOk(gitCommand(folder, args), input === undefined ? {} : { input })
    return stdout.toString('latin1').trim()
  }
  const blob = (text: string) => git(['hash-object', '-w', '--stdin'], text)
  /** Lines of `mode type id<tab>name`, in any order; names may be any bytes. */
  const tree = (lines: readonly string[]) =>
    git(['mktree', '-z', '--missing'], Buffer.from(lines.map((line) => `${line}\0`).join(''), 'latin1'))
  const commit = (id: string) => git(['commit-tree', '-m', 'x', id])
  const list = (id: string, bytesMax = PLENTY) =>
    withObjects(folder, {}, async (objects) => (await listTree(objects, id, bytesMax))?.toString('latin1') ?? null)

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'edgeyard-listing-'))
    folder = join(root, 'one.git')
    mkdirSync(folder)
    await initBare(folder)
  })
  afterEach(() => rmSync(root, { recursive: true }))

  it("is git's own, whatever lies in it", async () => {
    const [one, other] = [await blob('one'), await blob('another\n')]
    const inner = await tree([`100644 blob ${one}\tb`, `100755 blob ${other}\ta b\tc\nd`])
    const outer = await tree([
      `100644 blob ${one}\ta.b`,
      `100644 blob ${one}\ta0`,
      `040000 tree ${inner}\ta`,
      `040000 tree ${await tree([`040000 tree ${inner}\tdeeper`, `100664 blob ${other}\t\xff\xfe`])}\tsame`,
      `120000 blob ${one}\tlink`,
      `160000 commit ${'5'.repeat(40)}\tsubmodule`,
    ])
    for (const id of [outer, inner, await tree([])]) {
      const at = await commit(id)
      const { stdout } = await runOk(gitCommand(folder, ['ls-tree', '-r', '-l', '-z', '--full-tree', at]))
      // git puts sizes below each other.
      assert.equal(await list(at), stdout.toString('latin1').replace(/ +(\d+|-)\t/g, ' $1\t'))
    }
  })

  it('is none where few trees inside each other name many files, or many folders without a file', async () => {
    for (const leaf of [await tree([`100644 blob ${await blob('')}\tfile`]), await tree([])]) {
      let id = leaf
      for (let n = 0; n < 12; n++) {
        const inside = id
        id = await tree(Array.from({ length: 10 }, (_, name) => `040000 tree ${inside}\t${name}`))
      }
      assert.equal(await list(await commit(id)), null)
    }
  })

  it('is none when a tree is larger than all that may be listed', async () => {
    const one = await blob('')
    const many = await tree(Array.from({ length: 200 }, (_, n) => `100644 blob ${one}\t${n}`))
    assert.equal(await list(await commit(many), 2_000), null)
    assert.match((await list(await commit(many), 50_000)) ?? '', /\t199\0/)
  })

  it('says what is not there', async () => {
    const gone = '6'.repeat(40)
    const at = await commit(await tree([`040000 tree ${gone}\tfolder`]))
    for (const id of [gone, await blob('no commit'), at])
      await assert.rejects(list(id), { code: 'COMMAND_FAILED', message: /it is not there/ })
    await assert.rejects(list(await commit(await tree([`100644 blob ${gone}\tfile`]))), { code: 'COMMAND_FAILED' })
  })
})
