import assert from 'node:assert/strict'
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SERVERS } from '../../servers/contract/names.ts'
import { yardLayout } from '../sandbox/layout.ts'
import { DEVELOPERS_MAX } from '../sandbox/ports.ts'
import { developerGid, readUidBase, rebuildUidBase, sandboxUid, UID_BASE, uidRange, writeUidBase } from './uids.ts'

describe('the users of a yard', () => {
  let folder: string
  let uids: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeyard-uids-'))
    uids = join(folder, 'uids.json')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('are different for every sandbox and Redis of every developer there can be', () => {
    const developers = Array.from({ length: Math.max(DEVELOPERS_MAX, 300) }, (_, index) => UID_BASE + index)
    const all = developers.flatMap((uid) => [uid, ...SERVERS.map((server) => sandboxUid(uid, server))])
    assert.equal(new Set(all).size, all.length)
    const [first, last] = uidRange(UID_BASE)
    for (const uid of developers) {
      for (const server of SERVERS) {
        const sandbox = sandboxUid(uid, server)!
        assert.equal(developerGid(sandbox), uid)
        assert.ok(sandbox >= first && sandbox <= last)
      }
      assert.ok(uid < first, 'its Redis connects to nobody')
    }
  })

  it('are none without root rights', () => {
    assert.equal(sandboxUid(null, 'dtserver'), null)
  })

  it('are the usual ones unless the yard has ports of its own, and then no other yard has them', async () => {
    await writeUidBase({ uids }, undefined)
    assert.equal(await readUidBase({ uids }), UID_BASE)
    await writeUidBase({ uids }, 20_000)
    const base = await readUidBase({ uids })
    await writeUidBase({ uids }, 20_001)
    const next = await readUidBase({ uids })
    assert.ok(uidRange(base)[1] < next && uidRange(UID_BASE)[1] < base)
    assert.equal(developerGid(sandboxUid(base + 7, 'httpserver')!), base + 7)
  })

  it('are those that the data is of, where the file has gone (only root can tell)', async function () {
    if (process.getuid?.() !== 0) return this.skip()
    const layout = yardLayout(folder)
    const { data } = layout.redis('master')
    await mkdir(data, { recursive: true })
    await mkdir(dirname(layout.uids), { recursive: true })
    for (const uid of [0, UID_BASE, 1_004_001]) {
      await chown(data, uid, uid)
      assert.equal(await rebuildUidBase(layout), null)
    }
    await chown(data, 1_004_000, 1_004_000)
    assert.match((await rebuildUidBase(layout))!, /was missing: the users of this yard begin at 1004000/)
    assert.equal(await readUidBase(layout), 1_004_000)
    assert.equal(await rebuildUidBase(layout), null)
  })

  it('are not guessed when they cannot be read', async () => {
    for (const text of ['', '{}', '{"version":2,"base":40000}', '{"version":1,"base":20001}']) {
      await writeFile(uids, text)
      await assert.rejects(readUidBase({ uids }), { code: 'ROOT_UNUSABLE' }, text)
    }
  })
})
