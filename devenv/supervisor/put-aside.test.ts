import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { addDeveloper } from '../developers/developers.ts'
import { readRemovals, writeRemoval } from '../developers/removals.ts'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { putAsideGone } from './put-aside.ts'

const AT = '2026-11-29T12:00:00.000Z'

describe('putAsideGone', () => {
  let root: string
  let layout: YardLayout
  let said: string[]
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeyard-aside-'))
    layout = yardLayout(root)
    said = []
    await addDeveloper(layout, 'bob')
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  const put = async (...paths: string[]) => {
    for (const path of paths) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), path)
    }
  }
  const run = () => putAsideGone(layout, (line) => said.push(line))
  const isThere = (path: string) => existsSync(join(root, path))
  const asides = async () => (await readdir(join(root, 'state/removed')).catch(() => [])).sort()

  it('keeps all that is left of one who has gone, and nothing of it in its place', async () => {
    await put('redis/ana/data/dump', 'edgeyard/ana/logs/x', 'viewer/days/redis/ana/x', 'viewer/days/mysql/ana/x')
    await put('rsyslog/work/ana.qi', 'state/sandboxes/socketserver-ana.json')
    await put(
      'redis/bob/x',
      'redis/master/x',
      'rsyslog/work/bob.qi',
      'state/sandboxes/dtserver-bob.json',
      'keys/ana.pub',
    )
    await run()
    const [aside = '', ...more] = await asides()
    assert.match(aside, /^ana-\d{4}-/)
    assert.deepEqual(more, [])
    const kept = ['redis/data/dump', 'redis/days/x', 'edgeyard/logs/x', 'mysql/days/x', 'collector/ana.qi']
    for (const path of kept) assert.ok(isThere(`state/removed/${aside}/${path}`), path)
    for (const path of ['redis/ana', 'edgeyard/ana', 'viewer/days/redis/ana', 'state/sandboxes/socketserver-ana.json'])
      assert.ok(!isThere(path), path)
    for (const path of ['redis/bob/x', 'redis/master/x', 'rsyslog/work/bob.qi', 'state/sandboxes/dtserver-bob.json'])
      assert.ok(isThere(path), path)
    assert.ok(isThere('keys/ana.pub'), 'nobody was removed: it may be for somebody who is coming')
    assert.deepEqual(said, [`ana: what was left is in ${join(root, 'state/removed', aside)}`])
    await run()
    assert.equal(said.length, 1)
  })

  it('finishes what was cut off: closed days whose folder is away already, keys and a login', async () => {
    await writeRemoval(layout, { name: 'ana', keepData: false, at: AT })
    await put('viewer/days/socketserver/ana/x', 'keys/ana.pub', 'state/logins/ana.json', 'run/access/ana.json')
    await put('state/removed/ana-2026-11-29T12-00-01-000Z/socketserver/x')
    await run()
    for (const path of ['viewer/days/socketserver/ana', 'keys/ana.pub', 'state/logins/ana.json', 'run/access/ana.json'])
      assert.ok(!isThere(path), path)
    assert.deepEqual(await asides(), [])
    assert.equal((await readRemovals(layout)).size, 0)
    assert.deepEqual(said, [])
  })

  it('deletes what this removal has put aside, and not what an earlier one kept', async () => {
    const earlier = 'ana-2026-11-29T11-59-59-999Z'
    await put(`state/removed/${earlier}/redis/x`, 'state/removed/ana-b-2026-11-29T12-00-01-000Z/x', 'redis/ana/x')
    await writeRemoval(layout, { name: 'ana', keepData: false, at: AT })
    await run()
    assert.deepEqual(await asides(), ['ana-2026-11-29T11-59-59-999Z', 'ana-b-2026-11-29T12-00-01-000Z'])
    assert.equal(
      await readFile(join(root, `state/removed/${earlier}/redis/x`), 'utf8').then((text) => text.length > 0),
      true,
    )
    // As an older edgeyard wrote it: it does not say since when.
    await put('redis/ana/x', 'state/removals/ana.json')
    await writeFile(join(root, 'state/removals/ana.json'), '{"version":1,"name":"ana","keepData":false}')
    await run()
    assert.deepEqual(await asides(), ['ana-2026-11-29T11-59-59-999Z', 'ana-b-2026-11-29T12-00-01-000Z'])
    assert.ok(!isThere('redis/ana'))
  })

  it('leaves nothing in run, also of one who has another name now', async () => {
    await put('run/redis/ana/db', 'run/redis/bob/db', 'run/redis/master/db')
    await run()
    assert.deepEqual((await readdir(join(root, 'run/redis'))).sort(), ['bob', 'master'])
    assert.deepEqual(said, [])
  })

  it('waits with a removal until its developer has gone', async () => {
    await put('redis/bob/x', 'keys/bob.pub')
    await writeRemoval(layout, { name: 'bob', keepData: false, at: AT })
    await run()
    assert.ok(isThere('redis/bob/x') && isThere('keys/bob.pub'))
    assert.equal((await readRemovals(layout)).size, 1)
  })
})
