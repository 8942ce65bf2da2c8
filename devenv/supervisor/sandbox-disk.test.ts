// A switch whose last step, writing down what is live, does not succeed.
import assert from 'node:assert/strict'
import { mkdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { releaseName } from '../../servers/contract/release.ts'
import type { Target } from './launch-sandbox.ts'
import type { Sandbox } from './sandbox.ts'
import { createFakeYard, type FakeYard } from './testing/fake-yard.ts'

const NAME = { server: 'socketserver', developer: 'dev1' } as const

describe('the disk of a sandbox', () => {
  let yard: FakeYard
  let sandbox: Sandbox
  let first: Target
  let second: Target
  const move = (target: Target) => sandbox.move(async () => target)
  const onDisk = async () => {
    const { src, conf } = yard.context.layout.sandbox(NAME)
    return [await readlink(src), await readFile(conf, 'utf8')]
  }
  const of = ({ commit, conf }: Target) => [`releases/${releaseName(commit)}/src`, conf.text]
  /** A folder in the place of the next link: nothing can be moved over it, as on a disk without room. */
  const inTheWay = () => join(yard.context.layout.sandbox(NAME).folder, '.src.next')
  beforeEach(async () => {
    yard = await createFakeYard()
    sandbox = await yard.sandbox(NAME)
    first = await yard.target(NAME, 1, '')
    second = await yard.target(NAME, 2, '')
    await move(first)
  })
  afterEach(async () => {
    await sandbox.close()
    await yard.remove()
  })

  it('lags behind what runs when it cannot be written, which the status says, and catches up when it can', async () => {
    await mkdir(inTheWay())
    const old = sandbox.pid
    assert.equal(await move(second), null)
    assert.notEqual(sandbox.pid, old)
    assert.deepEqual(await onDisk(), of(first))
    await sandbox.catchUp()
    const { state, commit, reason } = sandbox.status()
    assert.deepEqual([state, commit], ['ready', second.commit])
    assert.match(reason ?? '', /^what is live not written down: .*\.src\.next/)
    await rm(inTheWay(), { recursive: true })
    await sandbox.catchUp()
    assert.deepEqual([await onDisk(), sandbox.status().reason], [of(second), null])
  })

  it('is made true by the next daemon when the one before could not', async () => {
    await mkdir(inTheWay())
    await move(second)
    await rm(inTheWay(), { recursive: true })
    yard = await yard.nextDaemon()
    sandbox = await yard.sandbox(NAME)
    assert.deepEqual(await onDisk(), of(first))
    await sandbox.catchUp()
    assert.deepEqual(await onDisk(), of(second))
  })

  it('does not keep a sandbox from being stopped; that it was is written as soon as it can be', async () => {
    const { state } = yard.context.layout
    const memories = join(state, 'sandboxes')
    await rm(memories, { recursive: true, force: true })
    await writeFile(memories, '')
    await sandbox.stop()
    assert.deepEqual([sandbox.pid, sandbox.status().state], [null, 'stopped'])
    assert.match(sandbox.status().reason ?? '', /^what is remembered not written down: /)
    await rm(memories)
    await sandbox.catchUp()
    assert.equal(sandbox.status().reason, null)
    const next = await yard.sandbox(NAME)
    assert.equal(next.actual.memory.stopped, true)
  })
})
