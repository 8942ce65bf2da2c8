import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { runOk } from '../exec/run-command.ts'
import { type CatFile, openCatFile } from './cat-file.ts'
import { gitCommand } from './git.ts'
import { type ObjectReader, withObjects } from './object-reader.ts'
import { initBare } from './simple.ts'

const NOWHERE = '4'.repeat(40)

describe('the objects of a push', () => {
  let root: string
  let folder: string
  let quarantine: { GIT_OBJECT_DIRECTORY: string; GIT_ALTERNATE_OBJECT_DIRECTORIES: string }

  const put = async (text: string, env = {}) => {
    const { stdout } = await runOk(gitCommand(folder, ['hash-object', '-w', '--stdin'], env), { input: text })
    return stdout.toString().trim()
  }
  const pack = (ids: readonly string[], into: string, env = {}) =>
    runOk(gitCommand(folder, ['pack-objects', '-q', join(into, 'pack/pack')], env), { input: ids.join('\n') })
  const textsOf = async (reader: ObjectReader, ids: readonly string[]) =>
    (await reader.read(ids)).map((object) => object?.data.toString() ?? null)

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'edgeyard-objects-'))
    folder = join(root, 'one.git')
    mkdirSync(folder)
    await initBare(folder)
    const fresh = join(folder, 'objects/tmp_objdir-incoming-1')
    mkdirSync(join(fresh, 'pack'), { recursive: true })
    quarantine = { GIT_OBJECT_DIRECTORY: fresh, GIT_ALTERNATE_OBJECT_DIRECTORIES: join(folder, 'objects') }
  })
  afterEach(() => rmSync(root, { recursive: true }))

  it('are found where they are, new and old, in the order in which they are asked for', async () => {
    const [old, fresh, large] = [
      await put('old'),
      await put('new', quarantine),
      await put('x'.repeat(300_000), quarantine),
    ]
    await withObjects(folder, quarantine, async (objects) => {
      const ids = [fresh, old, NOWHERE, large, fresh]
      assert.deepEqual(await textsOf(objects, ids), ['new', 'old', null, 'x'.repeat(300_000), 'new'])
      assert.deepEqual(
        (await objects.heads(ids)).map((head) => head && `${head.type} ${head.bytes}`),
        ['blob 3', 'blob 3', null, 'blob 300000', 'blob 3'],
      )
      assert.deepEqual(await objects.read([]), [])
    })
    await withObjects(folder, {}, async (objects) => {
      assert.deepEqual(await textsOf(objects, [old, fresh]), ['old', null])
    })
  })

  it('are found in the pack of a large push, too', async () => {
    const ids = [await put('old'), await put('new', quarantine)]
    await pack([ids[1]!], quarantine.GIT_OBJECT_DIRECTORY, quarantine)
    rmSync(join(quarantine.GIT_OBJECT_DIRECTORY, ids[1]!.slice(0, 2)), { recursive: true })
    await withObjects(folder, quarantine, async (objects) => {
      assert.deepEqual(await textsOf(objects, ids), ['old', 'new'])
    })
  })

  it('are found by the git that stays, whatever came after its start, loose and packed', async () => {
    const read = (ids: readonly string[]) => withObjects(folder, {}, (objects) => textsOf(objects, ids))
    const first = await put('first')
    assert.deepEqual(await read([first]), ['first'])
    const second = await put('second')
    assert.deepEqual(await read([second]), ['second'])
    const third = await put('third')
    await pack([first, second, third], join(folder, 'objects'))
    await runOk(gitCommand(folder, ['prune-packed', '-q']))
    assert.deepEqual(await read([third, second, first]), ['third', 'second', 'first'])
  })

  it('are not taken for larger than they say', async () => {
    const at = join(quarantine.GIT_OBJECT_DIRECTORY, '44')
    mkdirSync(at)
    for (const content of ['blob 3\0many more', 'nothing', 'blob\0']) {
      writeFileSync(join(at, NOWHERE.slice(2)), deflateSync(`${content}${'\n'.repeat(1000)}`))
      await assert.rejects(withObjects(folder, quarantine, (objects) => objects.read([NOWHERE])))
    }
  })

  describe('of one git', () => {
    let git: CatFile
    beforeEach(async () => {
      git = await openCatFile(folder)
    })
    afterEach(() => git.close())

    it('are each its own answer, however many ask at once', async () => {
      const ids = await Promise.all(['a', 'bb', 'c'.repeat(100_000)].map((text) => put(text)))
      const asked = Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? textsOf(git, ids) : git.heads(ids)))
      for (const [n, answer] of (await Promise.all(asked)).entries()) {
        if (n % 2 === 0) assert.deepEqual(answer, ['a', 'bb', 'c'.repeat(100_000)])
        else
          assert.deepEqual(
            answer.map((head) => (head as { bytes: number }).bytes),
            [1, 2, 100_000],
          )
      }
    })

    it('are refused when it has ended, to who waits and to who comes then', async () => {
      // A line that is no command ends git.
      const ends = git.read([`${NOWHERE}\nno command`])
      await assert.rejects(ends, {
        code: 'COMMAND_FAILED',
        message: /git cat-file has ended: it said "fatal: .*no command/,
      })
      await assert.rejects(git.read([NOWHERE]), { code: 'COMMAND_FAILED', message: /it has ended/ })
      await git.over
    })

    it('are told before it ends when it is closed', async () => {
      const id = await put('last')
      const asked = git.read([id])
      git.close()
      assert.equal((await asked)[0]?.data.toString(), 'last')
    })
  })
})
