import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { DEVELOPERS_MAX } from '../sandbox/ports.ts'
import { addDeveloper, addMissingDevelopers, readDeveloper, readDevelopers, removeDeveloper } from './developers.ts'

describe('developers', () => {
  let root: string
  let layout: YardLayout
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeyard-developers-'))
    layout = yardLayout(root)
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  const table = async () => (await readDevelopers(layout)).map(({ name, index }) => `${index} ${name}`)

  it('always has master, index 0, with the same secrets every time', async () => {
    const [first] = await readDevelopers(layout)
    assert.deepEqual([first?.name, first?.index], ['master', 0])
    assert.deepEqual((await readDevelopers(layout))[0], first)
  })

  it('gives each developer an index and secrets of their own, in files nobody else can read', async () => {
    const ana = await addDeveloper(layout, 'ana')
    const bob = await addDeveloper(layout, 'bob')
    assert.deepEqual(await table(), ['0 master', '1 ana', '2 bob'])
    const secrets = [ana, bob].flatMap((developer) => [developer.redisPassword, developer.mysqlPassword])
    assert.equal(new Set(secrets).size, 4)
    for (const secret of secrets) assert.match(secret, /^[0-9a-f]{48}$/)
    assert.equal((await stat(join(layout.developers, 'ana.json'))).mode & 0o777, 0o600)
    assert.equal((await stat(layout.developers)).mode & 0o777, 0o700)
    assert.deepEqual(await readDeveloper(layout, 'ana'), ana)
  })

  it('gives root a uid for everyone, and others none', async () => {
    const ana = await addDeveloper(layout, 'ana')
    assert.equal(ana.uid, process.getuid?.() === 0 ? 20_001 : null)
  })

  it('refuses a name that is taken, not allowed, or a way out of the folder', async () => {
    await addDeveloper(layout, 'ana')
    await assert.rejects(addDeveloper(layout, 'ana'), { code: 'DEVELOPER_EXISTS' })
    await assert.rejects(addDeveloper(layout, 'master'), { code: 'DEVELOPER_EXISTS' })
    for (const name of ['', 'Ana', '../x', 'a/b', '-x', 'head', 'socketserver', 'a'.repeat(32), 'a\n', 'ä']) {
      await assert.rejects(addDeveloper(layout, name), { code: 'DEVELOPER_NAME' }, name)
      assert.equal(await readDeveloper(layout, name), null)
    }
  })

  it('gives an index again only after its developer has gone', async () => {
    for (const name of ['ana', 'bob', 'cid']) await addDeveloper(layout, name)
    await removeDeveloper(layout, 'bob')
    assert.equal((await addDeveloper(layout, 'dan')).index, 2)
    assert.equal((await addDeveloper(layout, 'eve')).index, 4)
    assert.deepEqual(await table(), ['0 master', '1 ana', '2 dan', '3 cid', '4 eve'])
  })

  it('keeps master, and says so when there is nobody to remove', async () => {
    await assert.rejects(removeDeveloper(layout, 'master'), { code: 'DEVELOPER_NAME' })
    for (const name of ['ana', '../../x']) {
      await assert.rejects(removeDeveloper(layout, name), { code: 'DEVELOPER_UNKNOWN' })
    }
  })

  it('gives no index and no name twice, however many are added at once', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `d${i % 15}`)
    const added = await Promise.allSettled(names.map((name) => addDeveloper(layout, name)))
    assert.equal(added.filter(({ status }) => status === 'fulfilled').length, 15)
    const indexes = (await readDevelopers(layout)).map(({ index }) => index)
    assert.equal(new Set(indexes).size, 16, String(indexes))
    const left = (await readdir(layout.developers)).filter((file) => file.startsWith('.new-'))
    assert.deepEqual(left, [])
  })

  it('says that the yard is full', async () => {
    const names = Array.from({ length: DEVELOPERS_MAX - 1 }, (_, i) => `d${i}`)
    await addMissingDevelopers(layout, ['d7', ...names])
    assert.equal((await readDevelopers(layout)).length, DEVELOPERS_MAX)
    await assert.rejects(addDeveloper(layout, 'late'), /room for 999 developers/)
  })

  it('refuses to go on with a file that is not whole, instead of making new secrets', async () => {
    await addDeveloper(layout, 'ana')
    const file = join(layout.developers, 'ana.json')
    await chmod(file, 0o600)
    for (const text of ['', '{}', (await readFile(file, 'utf8')).replace('"ana"', '"bob"')]) {
      await writeFile(file, text)
      await assert.rejects(readDevelopers(layout), { code: 'ROOT_UNUSABLE' }, text)
    }
  })
})
