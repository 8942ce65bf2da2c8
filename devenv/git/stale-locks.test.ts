import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { commitFiles } from './commit-files.ts'
import { ensureRepositories } from './repositories.ts'
import { LOCK_STALE_MS, removeStaleLocks } from './stale-locks.ts'

describe('a lock that a killed git has left', () => {
  let layout: YardLayout
  let folder: string
  const commit = (text: string) =>
    commitFiles(layout, {
      ...{ repository: 'socketserver', branch: 'dev1', message: text },
      files: new Map([['a', Buffer.from(text)]]),
    })
  const lock = async (name: string, at: Date) => {
    const file = join(folder, `${name}.lock`)
    await writeFile(file, '')
    await utimes(file, at, at)
    return file
  }
  beforeEach(async () => {
    layout = yardLayout(await mkdtemp(join(tmpdir(), 'edgeyard-locks-')))
    folder = layout.repository('socketserver')
    await ensureRepositories(layout)
    await commit('one')
  })
  afterEach(() => rm(layout.root, { recursive: true, force: true }))

  it("is in nobody's way after the next start", async () => {
    await lock('refs/heads/dev1', new Date(Date.now() - 2 * LOCK_STALE_MS))
    await assert.rejects(commit('two'))
    await ensureRepositories(layout)
    await commit('two')
  })

  it('is told from one that a git at work holds, and from refs', async () => {
    const now = new Date()
    const held = await lock('packed-refs', now)
    await lock('HEAD', new Date(0))
    await lock('refs/heads/dev1', new Date(0))
    assert.deepEqual(await removeStaleLocks(folder, now.getTime()), ['HEAD.lock', 'refs/heads/dev1.lock'])
    assert.ok(existsSync(held) && existsSync(join(folder, 'refs/heads/dev1')))
    assert.deepEqual(await removeStaleLocks(folder, now.getTime()), [])
  })
})
