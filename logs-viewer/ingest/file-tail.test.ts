import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Line } from '../store/lines.ts'
import { FileTail } from './file-tail.ts'

describe('FileTail', () => {
  let folder: string
  let path: string
  let tail: FileTail
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgeyard-tail-'))
    path = join(folder, 'file')
    tail = new FileTail(path)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const read = async () => {
    const lines: Line[] = []
    await tail.read((piece) => lines.push(...piece))
    return lines.map(({ offset, text }) => `${offset} ${text}`)
  }

  it('reports what is appended, each line once and with its place', async () => {
    assert.deepEqual(await read(), [])
    writeFileSync(path, 'one\ntwé\n')
    assert.deepEqual(await read(), ['0 one', '4 twé'])
    assert.deepEqual(await read(), [])
    appendFileSync(path, 'three\n')
    assert.deepEqual(await read(), ['9 three'])
  })

  it('waits for the rest of a half-written line', async () => {
    writeFileSync(path, 'one\nha')
    assert.deepEqual(await read(), ['0 one'])
    assert.deepEqual(await read(), [])
    appendFileSync(path, 'lf\n')
    assert.deepEqual(await read(), ['4 half'])
  })

  it('begins behind what is there already, but before a line that is still being written', async () => {
    writeFileSync(path, 'old\nha')
    await tail.skip()
    appendFileSync(path, 'lf\nnew\n')
    assert.deepEqual(await read(), ['4 half', '9 new'])
  })

  it('reads a truncated file, a replaced one and one that came back from its beginning', async () => {
    writeFileSync(path, 'one\ntwo\n')
    await read()
    truncateSync(path)
    appendFileSync(path, 'a\n')
    assert.deepEqual(await read(), ['0 a'])
    writeFileSync(join(folder, 'other'), 'another file\n')
    renameSync(join(folder, 'other'), path)
    assert.deepEqual(await read(), ['0 another file'])
    rmSync(path)
    assert.deepEqual(await read(), [])
    // Both may get the inode of the removed file; the size tells then.
    writeFileSync(path, 'new\n')
    assert.deepEqual(await read(), ['0 new'])
  })

  it('reports more than one piece, and gets over an endless line', async () => {
    const texts = Array.from({ length: 500 }, (_, i) => `${i} ${'é'.repeat((i * 37) % 900)}`)
    writeFileSync(path, texts.map((text) => `${text}\n`).join(''))
    assert.deepEqual(
      (await read()).map((line) => line.replace(/^\d+ /, '')),
      texts,
    )
    appendFileSync(path, `${'x'.repeat(1_000_000)}\nlast\n`)
    assert.match((await read()).at(-1)!, / last$/)
  })
})
