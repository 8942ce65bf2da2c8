import assert from 'node:assert/strict'
import { closeSync, fstatSync, openSync, truncateSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readParts } from './file-body.ts'

const BYTES = 300_000

describe('the body of a file', () => {
  let folder: string
  let file: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'file-body-'))
    file = join(folder, 'large.bin')
  })
  beforeEach(() => writeFile(file, Buffer.alloc(BYTES, 'edge')))
  after(() => rm(folder, { recursive: true }))

  const isClosed = (fd: number) => {
    try {
      fstatSync(fd)
      return false
    } catch {
      return true
    }
  }
  const open = () => openSync(file, 'r')

  it('is read at once when it is short, parts with the text between them', () => {
    const fd = open()
    const body = readParts(fd, ['head ', { start: 0, end: 4 }, ' and ', { start: 3, end: 5 }])
    assert.equal(String(body), 'head edge and ee')
    assert.ok(isClosed(fd))
  })

  it('is a stream when it is long', async () => {
    const fd = open()
    const body = readParts(fd, [{ start: 1, end: BYTES }]) as ReadableStream<Uint8Array>
    const pieces: Uint8Array[] = []
    for await (const piece of body) pieces.push(piece)
    assert.ok(Buffer.concat(pieces).equals(Buffer.alloc(BYTES, 'edge').subarray(1)))
    assert.ok(isClosed(fd))
  })

  it('is closed when nobody wants it any more, before and while it is read', async () => {
    for (const reads of [0, 1]) {
      const fd = open()
      const body = readParts(fd, [{ start: 0, end: BYTES }]) as ReadableStream<Uint8Array>
      const reader = body.getReader()
      for (let i = 0; i < reads; i++) await reader.read()
      const another = openSync(file, 'r')
      await reader.cancel()
      assert.ok(isClosed(fd))
      assert.ok(!isClosed(another))
      closeSync(another)
    }
  })

  it('fails, and is closed, when the file has become shorter', async () => {
    const fd = open()
    const body = readParts(fd, [{ start: 0, end: BYTES }]) as ReadableStream<Uint8Array>
    truncateSync(file, 100_000)
    await assert.rejects(new Response(body).arrayBuffer(), /has become shorter/)
    assert.ok(isClosed(fd))
    const small = open()
    assert.throws(() => readParts(small, [{ start: 99_990, end: 100_010 }]), /has become shorter/)
    assert.ok(isClosed(small))
  })
})
