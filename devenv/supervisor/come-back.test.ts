// A sandbox whose process dies, or does not come up.
import assert from 'node:assert/strict'
import { releaseName } from '../../servers/contract/release.ts'
import { STEADY_AFTER_MS } from '../sandbox/restart-policy.ts'
import type { Target } from './launch-sandbox.ts'
import type { Sandbox } from './sandbox.ts'
import { createFakeYard, type FakeYard } from './testing/fake-yard.ts'
import { askUntil } from './within.ts'

const NAME = { server: 'socketserver', developer: 'dev1' } as const
const GOOD = ''
const WAIT = { ms: 15_000 }

describe('a sandbox that dies', () => {
  let yard: FakeYard
  let sandbox: Sandbox
  const move = (target: Target) => sandbox.move(async () => target)
  const pid = () => sandbox.pid ?? assert.fail('it does not run')
  beforeEach(async () => {
    yard = await createFakeYard()
    sandbox = await yard.sandbox(NAME)
  })
  afterEach(async () => {
    await sandbox.close()
    await yard.remove()
  })

  it('comes back with the same release when it is killed', async () => {
    const target = await yard.target(NAME, 1, GOOD)
    await move(target)
    const before = sandbox.status()
    process.kill(pid(), 'SIGKILL')
    assert.ok(await askUntil(() => sandbox.status().state === 'failed', WAIT))
    // Who makes the yard agree leaves it to itself.
    assert.deepEqual(sandbox.actual.due, { commit: target.commit, confHash: target.conf.hash })
    yard.clock.advance(0)
    assert.ok(await askUntil(() => sandbox.pid !== null && sandbox.pid !== before.pid, WAIT))
    const after = sandbox.status()
    assert.deepEqual([after.commit, after.restarts, after.state], [before.commit, 1, 'ready'])
    assert.ok(await askUntil(() => sandbox.actual.due === null, WAIT))
  })

  it('falls back to the last release that stood when another crashes again and again', async () => {
    const stood = await yard.target(NAME, 1, GOOD)
    const crashing = await yard.target(NAME, 2, 'afterListen = () => setTimeout(() => process.exit(3), 20)')
    await move(stood)
    yard.clock.advance(STEADY_AFTER_MS)
    await move(crashing)
    const delays: number[] = []
    const fell = () => {
      const next = yard.clock.next()
      if (sandbox.status().state === 'failed' && next !== null) {
        if (next > 0) assert.match(sandbox.status().reason ?? '', /^crashed [2-4] times, next try in [1-5] s$/)
        delays.push(next)
        yard.clock.advance(next)
      }
      return sandbox.actual.memory.fallenFrom === crashing.commit
    }
    assert.ok(await askUntil(fell, WAIT))
    const [first, ...later] = delays
    assert.equal(first, 0, 'the first death may be an accident')
    for (const [n, base] of [1000, 2000, 4000].entries()) {
      assert.ok(Math.abs((later[n] ?? 0) - base) <= base / 5, `${later}`)
    }
    assert.equal(await move(crashing), null, 'what the branch says is heard, and something else is done')
    assert.equal(sandbox.status().commit, stood.commit)
    assert.equal(sandbox.status().reason, `fallen from ${releaseName(crashing.commit)}`)
    const fixed = await yard.target(NAME, 3, GOOD)
    await move(fixed)
    assert.equal(sandbox.status().commit, fixed.commit, 'the next push is tried again')
    assert.deepEqual([sandbox.status().reason, sandbox.actual.memory.fallenFrom], [null, null])
  })

  it('tries on, ever later, when no release has stood for a minute: not even the one that crashes', async () => {
    const first = await yard.target(NAME, 1, GOOD)
    const crashing = await yard.target(NAME, 2, 'afterListen = () => setTimeout(() => process.exit(3), 20)')
    await move(first)
    yard.clock.advance(STEADY_AFTER_MS - 1)
    await move(crashing)
    const crashed = () => {
      assert.ok(sandbox.pid !== null || sandbox.actual.due !== null, 'also while it is being started')
      const next = yard.clock.next()
      if (sandbox.status().state === 'failed' && next !== null) yard.clock.advance(next)
      return /^crashed 6 times/.test(sandbox.status().reason ?? '')
    }
    assert.ok(await askUntil(crashed, WAIT))
    assert.deepEqual([sandbox.actual.memory.fallenFrom, sandbox.actual.memory.stood], [null, []])
  })

  it('counts by a clock that nobody sets, however far the time of day jumps', async () => {
    const target = await yard.target(NAME, 1, GOOD)
    await move(target)
    const { Date: Real } = globalThis
    globalThis.Date = class extends Real {
      constructor(value: number | string = Real.now() + 24 * 3_600_000) {
        super(value)
      }
      static override now = () => Real.now() + 24 * 3_600_000
    } as DateConstructor
    try {
      yard.clock.advance(59_000)
      assert.deepEqual([sandbox.status().uptimeMs, sandbox.actual.memory.stood], [59_000, []])
      process.kill(pid(), 'SIGKILL')
      assert.ok(await askUntil(() => sandbox.status().state === 'failed', WAIT))
      assert.equal(yard.clock.next(), 0, 'the first death is an accident')
    } finally {
      globalThis.Date = Real
    }
  })
})
