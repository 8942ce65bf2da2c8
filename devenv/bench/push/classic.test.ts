import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { httpGet } from '../../e2e/clients.ts'
import { namedScript } from '../../e2e/scripts.ts'
import { Clone, findPortBlock, processesOf, run, TestYard, until } from '../../e2e/yard.ts'
import { type Classic, createClassic } from './classic.ts'

describe('a classic post-receive', () => {
  let folder: string
  let classic: Classic
  let clone: Clone
  const push = async (name: string) => {
    await clone.write('src/main.ts', namedScript(name))
    await clone.commit(name)
    return await clone.git('push', classic.repository, '+HEAD:refs/heads/master')
  }
  const running = () => processesOf(join(folder, 'classic'))

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'edgeyard-classic-'))
    classic = await createClassic(join(folder, 'classic'), await findPortBlock())
    clone = new Clone(new TestYard(folder, 0), mkdtempSync(join(folder, 'dev1-')), 'dev1')
    await clone.must('init', '-q', '-b', 'master')
  })
  afterEach(async () => {
    await classic.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const answers = () => httpGet(classic.url).then(({ body }) => body)

  it('leaves nothing running when it is stopped, and starts nothing after that', async () => {
    await push('one')
    await until('it answers', () => answers().catch(() => null))
    assert.equal(await answers(), 'one')
    await classic.stop()
    assert.deepEqual(running(), [])
    await push('two')
    assert.deepEqual(running(), [])
  })

  it('leaves nothing running when it is stopped in the middle of a push', async () => {
    // The hook checks out, and waits for what git does then.
    const gate = join(folder, 'gate')
    await run('mkfifo', [gate])
    const waits = `#!/bin/sh\nread -r word < '${gate}'\n`
    await writeFile(join(classic.repository, 'hooks/post-checkout'), waits, { mode: 0o755 })
    const pushed = push('one')
    await until('the hook runs', () => running().some((line) => line.includes('hooks/post-checkout')))
    await classic.stop()
    await pushed
    assert.deepEqual(running(), [])
  })
})
