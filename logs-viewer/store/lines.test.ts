import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LINE_BYTES_MAX, readLinesBackwards } from './lines.ts'

describe('readLinesBackwards', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgeyard-lines-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const read = async (text: string, end = Buffer.byteLength(text)) => {
    const path = join(folder, 'file')
    writeFileSync(path, text)
    const file = await open(path)
    try {
      const lines = []
      for await (const piece of readLinesBackwards(file, end)) lines.push(...piece)
      return lines
    } finally {
      await file.close()
    }
  }

  const table: [name: string, text: string, lines: [number, string][]][] = [
    ['an empty file', '', []],
    ['half a line', 'half', []],
    ['a line', 'one\n', [[0, 'one']]],
    ['a line and half of one', 'one\nhalf', [[0, 'one']]],
    [
      'empty lines',
      '\n\na\n',
      [
        [2, 'a'],
        [1, ''],
        [0, ''],
      ],
    ],
    [
      'characters of several bytes',
      'é\n😀\n',
      [
        [3, '😀'],
        [0, 'é'],
      ],
    ],
  ]
  for (const [name, text, lines] of table) {
    it(`reads ${name}`, async () => {
      assert.deepEqual(
        (await read(text)).map(({ offset, text }) => [offset, text]),
        lines,
      )
    })
  }

  it('reads lines that lie across pieces, of every length', async () => {
    const texts = Array.from({ length: 400 }, (_, i) => `${i} ${'é'.repeat((i * 37) % 1500)}`)
    const lines = await read(texts.map((text) => `${text}\n`).join(''))
    assert.deepEqual(lines.map(({ text }) => text).reverse(), texts)
    let offset = 0
    for (const [i, line] of lines.reverse().entries()) {
      assert.equal(line.offset, offset)
      offset += Buffer.byteLength(texts[i]!) + 1
    }
  })

  it('leaves out the line that lies across the end it was given', async () => {
    assert.deepEqual(await read('one\ntwo\n', 6), [{ offset: 0, text: 'one' }])
  })

  it('keeps a bounded part of an endless line, and finds the ones before it', async () => {
    const lines = await read(`one\n${'x'.repeat(1_000_000)}\nthree\n`)
    assert.deepEqual(
      lines.map(({ offset }) => offset),
      [1_000_005, 4, 0],
    )
    assert.ok(lines[1]!.text.length <= 2 * LINE_BYTES_MAX)
  })
})
