// What the next daemon makes of what the last one left, in whatever state it was killed.
import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { identifyProcess } from '../exec/process-table.ts'
import { STATE_VERSION } from '../state/state-version.ts'
import type { Target } from './launch-sandbox.ts'
import type { Sandbox } from './sandbox.ts'
import { createFakeYard, type FakeYard } from './testing/fake-yard.ts'
import { askUntil } from './within.ts'

const NAME = { server: 'socketserver', developer: 'dev1' } as const
const WAIT = { ms: 30_000 }

describe('the next daemon', () => {
  let yard: FakeYard
  let sandbox: Sandbox
  let dead: FakeYard[]
  const move = (target: Target) => sandbox.move(async () => target)
  const pid = () => sandbox.pid ?? assert.fail('it does not run')
  const runs = (number: number) => identifyProcess(number) !== null
  const folder = () => yard.context.layout.processes
  const files = async () => (await readdir(folder())).sort()
  /** The one before stops watching, as after kill -9; what it had started it does not stop. */
  const next = async () => {
    dead.push(yard)
    yard = await yard.nextDaemon()
    sandbox = await yard.sandbox(NAME)
  }
  beforeEach(async () => {
    dead = []
    yard = await createFakeYard()
    sandbox = await yard.sandbox(NAME)
  })
  afterEach(async () => {
    await sandbox.close()
    await yard.remove()
  })

  it('keeps the newest of two that are live, and lets the other finish: it was killed in the middle of a switch', async () => {
    const [first, second] = [await yard.target(NAME, 1, ''), await yard.target(NAME, 2, '')]
    await move(first)
    const old = pid()
    const [file] = await files()
    const text = await readFile(join(folder(), file!), 'utf8')
    const script = (await yard.target(NAME, 1, '')).commit
    assert.equal(script, first.commit)
    // The old one never heard that it should drain: its file says live.
    process.kill(old, 'SIGSTOP')
    yard.clock.advance(1)
    await move(second)
    const young = pid()
    await writeFile(join(folder(), file!), text)
    await next()
    process.kill(old, 'SIGCONT')
    assert.equal(pid(), young)
    assert.ok(await askUntil(() => !runs(old), WAIT))
    assert.ok(await askUntil(async () => (await files()).join() === `socketserver-dev1.${young}.json`, WAIT))
  })

  it('kills what was draining when its time is up, and not later', async () => {
    await move(
      await yard.target(
        NAME,
        1,
        `for (const s of ['SIGQUIT', 'SIGTERM']) process.removeAllListeners(s), process.on(s, () => {})`,
      ),
    )
    const old = pid()
    await move(await yard.target(NAME, 2, ''))
    assert.ok(runs(old))
    yard.clock.advance(24 * 3600 * 1000)
    await next()
    assert.ok(await askUntil(() => !runs(old), WAIT))
  })

  it('leaves no candidate behind that was booted and never switched to', async () => {
    await move(await yard.target(NAME, 1, ''))
    assert.equal(await sandbox.boot(await yard.target(NAME, 2, '')), null)
    assert.equal((await files()).length, 2)
    const live = pid()
    await next()
    assert.equal(pid(), live)
    assert.ok(await askUntil(async () => (await files()).length === 1, WAIT))
  })

  it('ends what was started and not yet written down', async () => {
    await move(await yard.target(NAME, 1, ''))
    const stray = pid()
    for (const file of await files()) await rm(join(folder(), file))
    await next()
    assert.equal(sandbox.pid, null)
    assert.equal(runs(stray), false)
  })

  it('writes a spoilt run file anew from the process that it named, and keeps what was in it', async () => {
    const target = await yard.target(NAME, 1, '')
    await move(target)
    const [file] = await files()
    await writeFile(join(folder(), file!), '{"pid": 12')
    await next()
    assert.deepEqual([sandbox.pid !== null, sandbox.status().commit], [true, target.commit])
    assert.deepEqual(await files(), [file, `${file}.broken`])
    assert.deepEqual(JSON.parse(await readFile(join(folder(), file!), 'utf8')).version, STATE_VERSION)
  })

  it('does not come up over the state of a newer edgeyard, and says which file that is', async () => {
    await move(await yard.target(NAME, 1, ''))
    const [file] = await files()
    const text = await readFile(join(folder(), file!), 'utf8')
    await writeFile(join(folder(), file!), text.replace(/"version":\d+/, `"version":${STATE_VERSION + 1}`))
    await assert.rejects(yard.nextDaemon(), new RegExp(`${file}: a newer edgeyard wrote it`))
    await writeFile(join(folder(), file!), text)
    await next()
  })
})
