import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOutputTail, LAST_LINES_MAX } from './output-tail.ts'

describe('the output of a process', () => {
  let folder: string
  let file: string
  const texts: string[] = []
  const open = () => createOutputTail(file, (lines) => texts.push(lines.join('\n')))
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeyard-tail-'))
    file = join(folder, 'output.log')
    texts.length = 0
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is read line by line, a stack as one, half a line when it is whole or the process has ended', async () => {
    const tail = await open()
    await appendFile(file, 'one\nError: no\n    at a\n    at b\ntwo\nhal')
    await tail.read()
    assert.deepEqual(texts, ['one', 'Error: no\n    at a\n    at b', 'two'])
    await appendFile(file, 'f\nend')
    await tail.read()
    assert.deepEqual(texts.slice(3), ['half'])
    await tail.read(true)
    assert.deepEqual(texts.slice(4), ['end'])
    await tail.remove()
    assert.deepEqual(await readdir(folder), [])
  })

  it('goes on where another daemon stopped', async () => {
    await writeFile(file, 'one\ntw')
    const first = await open()
    await first.read()
    await first.close()
    await appendFile(file, 'o\n')
    const second = await open()
    await second.read(true)
    await second.close()
    assert.deepEqual(texts, ['one', 'two'])
  })

  it('is emptied when it has grown, and nothing of it is lost or read twice', async () => {
    const tail = await open()
    const lines = Array.from({ length: 30_000 }, (_, n) => `line ${n} of a long night's output`)
    await appendFile(file, `${lines.join('\n')}\n`)
    await tail.read()
    assert.equal((await stat(file)).size, 0)
    await appendFile(file, 'after\n')
    await tail.read()
    assert.deepEqual(texts, [...lines, 'after'])
    assert.deepEqual(tail.lastLines(), [...lines, 'after'].slice(-LAST_LINES_MAX))
    await tail.close()
  })

  it('is skipped, and said to be, when it is a flood', async () => {
    const tail = await open()
    await writeFile(file, Buffer.alloc(17 * 1024 * 1024, 'x\n'))
    await tail.read()
    assert.deepEqual(texts, [`${17 * 1024 * 1024} bytes of output were skipped: too much at once`])
    await tail.close()
  })

  it('has nothing more to say to whoever asked while it was removed', async () => {
    const tail = await open()
    await appendFile(file, 'last\n')
    await Promise.all([tail.read(true), tail.remove(), tail.read()])
    assert.deepEqual(texts, ['last'])
  })

  it('is not read through a link', async () => {
    await symlink('/etc/passwd', file)
    await assert.rejects(open(), { code: 'ELOOP' })
  })
})
