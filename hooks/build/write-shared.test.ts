import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeShared } from './write-shared.ts'

describe('writeShared', () => {
  let base: string
  let folder: string
  const data = Buffer.from('same')

  beforeEach(async () => {
    const root = await mkdtemp(join(tmpdir(), 'edgeyard-shared-'))
    base = join(root, 'base')
    folder = join(root, 'next')
    await Promise.all([mkdir(base), mkdir(folder)])
  })
  afterEach(() => rm(join(base, '..'), { recursive: true, force: true }))

  const inode = async (...path: string[]) => (await stat(join(...path))).ino
  const write = (path: string, bytes: Uint8Array = data) => writeShared({ folder, base, path, data: bytes })
  const isShared = async (path: string) => (await inode(base, path)) === (await inode(folder, path))

  it('shares a read-only file that is the same, and writes any other, read-only', async () => {
    for (const path of ['same', 'other']) await writeShared({ folder: base, base: null, path, data })
    await write('same')
    await write('other', Buffer.from('else'))
    await write('new')
    assert.deepEqual([await isShared('same'), await isShared('other')], [true, false])
    assert.equal(await readFile(join(base, 'other'), 'utf8'), 'same')
    for (const path of ['same', 'other', 'new']) assert.equal((await stat(join(folder, path))).mode & 0o777, 0o444)
  })

  it('shares nothing that could change, and follows no link', async () => {
    await writeFile(join(base, 'writable'), data)
    await writeFile(join(base, 'target'), data)
    await chmod(join(base, 'target'), 0o444)
    await symlink('target', join(base, 'link'))
    await mkdir(join(base, 'folder'))
    for (const path of ['writable', 'link', 'folder']) {
      await write(path)
      assert.notEqual(await inode(base, path), await inode(folder, path))
      assert.equal(await readFile(join(folder, path), 'utf8'), 'same')
    }
  })

  it('refuses a name that is there already, whichever way it would be made', async () => {
    await writeShared({ folder: base, base: null, path: 'twice', data })
    await write('twice')
    await assert.rejects(write('twice'), { code: 'EEXIST' })
    await assert.rejects(write('twice', Buffer.from('else')), { code: 'EEXIST' })
  })
})
