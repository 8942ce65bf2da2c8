import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPidFile, writePidFile } from './pid-file.ts'

describe('a pid file', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edge-pid-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('is removed by who wrote it, and by nobody else, though both are number 1', () => {
    const file = join(folder, 'run/server.pid')
    const removeFirst = writePidFile(file, 1)
    const removeSecond = writePidFile(file, 1)
    removeFirst()
    assert.equal(readFileSync(file, 'utf8'), '1\n')
    removeSecond()
    assert.ok(!existsSync(file))
    removeSecond()
  })

  it('names no process when it is away, is nonsense, or names what nobody may signal', () => {
    const file = join(folder, 'server.pid')
    assert.equal(readPidFile(file), undefined)
    for (const text of ['', 'x', '0', '1', '-5', '1.5']) {
      writeFileSync(file, text)
      assert.equal(readPidFile(file), undefined, text)
    }
    writeFileSync(file, '4711\n')
    assert.equal(readPidFile(file), 4711)
  })
})
