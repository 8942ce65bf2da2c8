import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EDGE_SERVER_PROGRAM } from '../../contract/edge-server.ts'

const BUILT = dirname(fileURLToPath(new URL(`../../../../${EDGE_SERVER_PROGRAM}`, import.meta.url)))

describe('the bundled program', () => {
  let folder: string
  const cache = () => join(folder, 'cache')
  const run = (...flags: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [...flags, join(folder, 'main.cjs'), '-h'], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    })
    assert.equal(status, 0, stderr)
    assert.match(stderr, /^Usage/)
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgeyard-chunks-'))
    cpSync(BUILT, folder, { recursive: true })
    rmSync(cache(), { recursive: true, force: true })
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('was built with its compiled code beside it', () => {
    const kept = readdirSync(join(BUILT, 'cache'), { recursive: true, encoding: 'utf8' }).map((path) => basename(path))
    for (const chunk of ['server', 'ioredis', 'mysql2', 'winston']) assert.ok(kept.includes(`${chunk}.cjs`), chunk)
  })

  it('keeps compiled code for the next start, for each Node and its flags', () => {
    run()
    run('--max-semi-space-size=2')
    const names = readdirSync(cache()).sort()
    assert.equal(names.length, 2)
    assert.ok(names.every((name) => name.includes(process.version)))
    const kept = join(cache(), names[0]!, 'server.cjs')
    const before = statSync(kept)
    run()
    assert.equal(statSync(kept).mtimeMs, before.mtimeMs, 'what fits is not written again')
  })

  it('starts as well with compiled code that is spoilt, and replaces it', () => {
    run()
    const kept = join(cache(), readdirSync(cache())[0]!, 'server.cjs')
    const good = readFileSync(kept).length
    writeFileSync(kept, readFileSync(kept).fill(7, 0, 64))
    run()
    assert.equal(readFileSync(kept)[0] === 7, false)
    writeFileSync(kept, '')
    run()
    assert.ok(readFileSync(kept).length > good / 2)
  })

  it('starts where nothing can be kept', () => {
    writeFileSync(cache(), 'a file where the folder would be')
    run()
    assert.equal(readFileSync(cache(), 'utf8'), 'a file where the folder would be')
  })
})
