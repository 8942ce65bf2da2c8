import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awaitBegin } from './await-begin.ts'

describe('a process that waits for its release', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgeyard-begin-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const told = (text: string) => {
    writeFileSync(join(folder, 'told'), text)
    const fd = openSync(join(folder, 'told'), 'r')
    try {
      return { begins: awaitBegin(fd), rest: readFileSync(fd, 'latin1') }
    } finally {
      closeSync(fd)
    }
  }

  const begin = { type: 'begin', release: '/yard/r\u00e9', name: '4f2a91c8e012' } as const

  it('begins when it is told which, and leaves what is said next to others', () => {
    const { begins, rest } = told(`${JSON.stringify(begin)}\n{"type":"listen"}\n`)
    assert.deepEqual([begins, rest], [begin, '{"type":"listen"}\n'])
  })

  it('ends with whoever has started it, and takes no other word for it', () => {
    assert.equal(told('').begins, null)
    assert.equal(told('{"type":"beg').begins, null)
    for (const line of ['{"type":"listen"}\n', '{"type":"begin"}\n', 'x\n'])
      assert.throws(() => told(line), { code: 'PROTOCOL' })
  })
})
