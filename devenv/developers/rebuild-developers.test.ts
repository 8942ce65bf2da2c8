import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { addDeveloper, type Developer, readDevelopers } from './developers.ts'
import { rebuildDevelopers } from './rebuild-developers.ts'

/** Later than everything here was written. */
const NOW = Date.now() + 3_600_000

describe('rebuildDevelopers', () => {
  let root: string
  let layout: YardLayout
  let before: readonly Developer[]
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeyard-rebuild-'))
    layout = yardLayout(root)
    for (const name of ['ana', 'bob', 'cid']) await addDeveloper(layout, name)
    before = await readDevelopers(layout)
  })
  afterEach(() => rm(root, { recursive: true, force: true }))
  const file = (name: string) => join(layout.developers, name)
  const indexes = (developers: readonly Developer[]) => developers.map(({ name, index }) => [name, index])

  it('leaves whole files alone', async () => {
    assert.deepEqual(await rebuildDevelopers(layout, NOW), [])
    assert.deepEqual(await readDevelopers(layout), before)
  })

  for (const [what, spoil] of [
    ['was overwritten in place', (path: string) => writeFile(path, '\0\0')],
    [
      'was overwritten in place, its claim gone',
      async (path: string) => {
        await rm(file('.2'))
        await writeFile(path, '{"name":')
      },
    ],
  ] as const) {
    it(`gives new secrets to one whose file ${what}, keeps the number, and says so`, async () => {
      await spoil(file('bob.json'))
      await assert.rejects(readDevelopers(layout), /bob.json: it is not a whole developer file/)
      const [told, ...more] = await rebuildDevelopers(layout, NOW)
      assert.match(
        told ?? '',
        /developer bob was spoilt: bob keeps number 2 and has new secrets .* kept as .*bob.json.broken/,
      )
      assert.deepEqual(more, [])
      const after = await readDevelopers(layout)
      assert.deepEqual(indexes(after), indexes(before))
      const secret = (all: readonly Developer[], name: string) => all.find((one) => one.name === name)?.redisPassword
      assert.notEqual(secret(after, 'bob'), secret(before, 'bob'))
      assert.equal(secret(after, 'ana'), secret(before, 'ana'))
      assert.ok((await readdir(layout.developers)).includes('bob.json.broken'))
      assert.deepEqual(await rebuildDevelopers(layout, NOW), [])
    })
  }

  it('brings one back whole when only one of its two names was spoilt', async () => {
    await rm(file('bob.json'))
    await writeFile(file('bob.json'), 'x')
    assert.match((await rebuildDevelopers(layout, NOW))[0] ?? '', /was brought back from its second copy/)
    assert.deepEqual(await readDevelopers(layout), before)
  })

  it('gives back a number whose developer was never quite made, or only half removed, and what was never named', async () => {
    await rm(file('bob.json'))
    await writeFile(file('.new-0a1b'), await readFile(file('.2'), 'utf8'))
    const young = (await stat(file('.2'))).mtimeMs + 1_000
    await rebuildDevelopers(layout, young)
    const left = async () => (await readdir(layout.developers)).filter((name) => name === '.2' || name === '.new-0a1b')
    assert.equal((await left()).length, 2, 'somebody may be just making them')
    assert.deepEqual(await rebuildDevelopers(layout, NOW), [])
    assert.deepEqual(await left(), [])
    assert.equal((await addDeveloper(layout, 'dan')).index, 2)
  })
})
