import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLineWriter } from './line-writer.ts'
import { until } from './rsyslogd.fixture.ts'

describe('a line writer', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgeyard-lines-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const refuse = (problem: string) => assert.fail(problem)

  it('appends every line to its file, in order, and opens nothing before the first', async () => {
    const path = join(folder, 'access.log')
    const writer = createLineWriter({ kind: 'file', path }, refuse)
    assert.ok(!existsSync(path))
    const lines = Array.from({ length: 5000 }, (_, number) => `GET /ä ${number}`)
    for (const line of lines) writer.write(line)
    await writer.close(5000)
    writer.write('too late')
    assert.deepEqual(readFileSync(path, 'utf8').split('\n'), [...lines, ''])
  })

  it('writes into a new file after the old one was moved and it was told to reopen', async () => {
    const path = join(folder, 'moved.log')
    const writer = createLineWriter({ kind: 'file', path }, refuse)
    writer.write('one')
    await until(() => existsSync(path) && readFileSync(path, 'utf8') === 'one\n', 'the first line')
    writer.write('two')
    renameSync(path, `${path}.1`)
    writer.reopen()
    await until(() => existsSync(path), 'the new file')
    writer.write('three')
    await writer.close(5000)
    assert.equal(readFileSync(`${path}.1`, 'utf8'), 'one\ntwo\n')
    assert.equal(readFileSync(path, 'utf8'), 'three\n')
  })

  it('says once that its file cannot be written, keeps what fits, counts what does not, and goes on when it can', async () => {
    const path = join(folder, 'later', 'access.log')
    const told: string[] = []
    const writer = createLineWriter({ kind: 'file', path }, (problem) => told.push(problem))
    const kibibyte = 'x'.repeat(1023)
    for (let line = 0; line < 5000; line++) writer.write(kibibyte)
    await until(() => told.length > 0, 'the problem')
    assert.match(told[0]!, /^Cannot write .*later\/access\.log: ENOENT/)
    mkdirSync(join(folder, 'later'))
    await writer.close(5000)
    const written = readFileSync(path, 'utf8').split('\n').length - 1
    assert.ok(written > 4000, `${written} written`)
    assert.deepEqual(told.slice(1), [`${5000 - written} lines for ${path} were dropped: it did not take them in time`])
  })
})
