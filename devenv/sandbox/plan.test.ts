import assert from 'node:assert/strict'
import { builtCommit } from '../../servers/contract/release.ts'
import { renderState } from '../state/state-version.ts'
import { chooseCommit, planSandboxes } from './plan-sandboxes.ts'
import { CRASHES_MAX, countCrash, STEADY_AFTER_MS } from './restart-policy.ts'
import { NEW_MEMORY, parseMemory, remembersFall, remembersStanding, STOOD_MAX } from './sandbox-memory.ts'

const sandbox = { server: 'socketserver', developer: 'dev1' } as const
const desired = { ...sandbox, commit: 'b', confHash: '1' }
const running = (commit: string, confHash = '1', memory = NEW_MEMORY) => ({
  ...sandbox,
  live: { commit, confHash },
  due: null,
  memory,
})
const down = { ...sandbox, live: null, due: null, memory: NEW_MEMORY }

describe('planSandboxes', () => {
  it('leaves alone what runs as it should', () => {
    assert.deepEqual(planSandboxes([desired], [running('b')]), [])
  })

  it('moves what is new, dead, on another commit or on another conf', () => {
    const move = [{ do: 'move', sandbox, commit: 'b' }]
    assert.deepEqual(planSandboxes([desired], []), move)
    assert.deepEqual(planSandboxes([desired], [down]), move)
    assert.deepEqual(planSandboxes([desired], [running('a')]), move)
    assert.deepEqual(planSandboxes([desired], [running('b', '2')]), move)
  })

  it('leaves alone what starts again by itself when it is time, unless it should run something else', () => {
    const due = (commit: string, confHash: string) => ({ ...down, due: { commit, confHash } })
    assert.deepEqual(planSandboxes([desired], [due('b', '1')]), [])
    for (const other of [due('a', '1'), due('b', '2')])
      assert.deepEqual(planSandboxes([desired], [other]), [{ do: 'move', sandbox, commit: 'b' }])
  })

  it('removes what nobody wants before it starts anything', () => {
    const other = { server: 'dtserver', developer: 'gone' } as const
    const actions = planSandboxes([desired], [{ ...down, ...other }])
    assert.deepEqual(
      actions.map((action) => action.do),
      ['remove', 'move'],
    )
  })

  it('keeps a stopped sandbox stopped, whatever is pushed', () => {
    const memory = { ...NEW_MEMORY, stopped: true }
    assert.deepEqual(planSandboxes([desired], [{ ...down, memory }]), [])
    assert.deepEqual(planSandboxes([desired], [running('a', '1', memory)]), [{ do: 'stop', sandbox }])
  })

  it('runs the last release that stood while the branch is on the one that fell, and no longer', () => {
    const memory = { ...NEW_MEMORY, fallenFrom: 'b', stood: ['0', 'a'] }
    assert.equal(chooseCommit('b', memory), 'a')
    assert.equal(chooseCommit('c', memory), 'c')
    assert.deepEqual(planSandboxes([desired], [running('a', '1', memory)]), [])
  })

  it('goes back to the common library before, where that made it fall, until the library moves again', () => {
    const memory = { ...NEW_MEMORY, fallenFrom: builtCommit('b', '2'), stood: [builtCommit('b', '1')] }
    assert.equal(chooseCommit(builtCommit('b', '2'), memory), builtCommit('b', '1'))
    assert.equal(chooseCommit(builtCommit('b', '3'), memory), builtCommit('b', '3'))
  })
})

describe("a sandbox's memory", () => {
  it('holds the latest releases that stood, each once', () => {
    const many = Array.from({ length: STOOD_MAX + 2 }, (_, n) => `${n}`)
    const memory = [...many, '3'].reduce(remembersStanding, NEW_MEMORY)
    assert.equal(memory.stood.length, STOOD_MAX)
    assert.deepEqual(memory.stood.slice(-2), [`${STOOD_MAX + 1}`, '3'])
  })

  it('forgets a release that fell, and falls nowhere without another', () => {
    const stood = { ...NEW_MEMORY, stood: ['a', 'b'] }
    assert.deepEqual(remembersFall(stood, 'b'), { ...NEW_MEMORY, fallenFrom: 'b', stood: ['a'] })
    assert.equal(remembersFall(NEW_MEMORY, 'b'), null)
    assert.equal(remembersFall({ ...NEW_MEMORY, stood: ['b'] }, 'b'), null, 'not back to itself')
  })

  it('falls on when what it fell back to crashes too, and knows where it came from', () => {
    const fallen = { ...NEW_MEMORY, fallenFrom: 'c', stood: ['a', 'b'] }
    assert.deepEqual(remembersFall(fallen, 'b'), { ...NEW_MEMORY, fallenFrom: 'c', stood: ['a'] })
  })

  it('comes back from its text, also from before there were versions, and is none in any other', () => {
    const memory = { stopped: true, asleep: true, fallenFrom: 'b', stood: ['a'] }
    assert.deepEqual(parseMemory(renderState(memory), 'f'), memory)
    assert.deepEqual(parseMemory(JSON.stringify(memory), 'f'), memory)
    for (const text of ['', '{', 'null']) assert.equal(parseMemory(text, 'f'), null)
    assert.deepEqual(parseMemory('{"stood":7}', 'f'), NEW_MEMORY)
  })
})

describe('countCrash', () => {
  const MIDDLE = () => 0.5
  const delays = (random: () => number) => Array.from({ length: 10 }, (_, n) => countCrash(n, 0, random).delayMs)

  it('starts again at once, then ever later up to a minute', () => {
    assert.deepEqual(delays(MIDDLE), [0, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000])
  })

  it('leaves a fifth of it to chance, so that what died together does not start together', () => {
    assert.deepEqual(delays(() => 0).slice(0, 4), [0, 800, 1600, 3200])
    assert.deepEqual(delays(() => 1).slice(0, 4), [0, 1200, 2400, 4800])
  })

  it('begins anew after a steady run, and gives up after too many that were not', () => {
    assert.equal(countCrash(3, STEADY_AFTER_MS, MIDDLE).crashes, 1)
    assert.equal(countCrash(CRASHES_MAX - 2, 0, MIDDLE).giveUp, false)
    assert.equal(countCrash(CRASHES_MAX - 1, 0, MIDDLE).giveUp, true)
  })
})
