import assert from 'node:assert/strict'
import { mock } from 'node:test'
import type { ProcessEnd } from '../exec/start-process.ts'
import type { Booted } from './boot-candidate.ts'
import { CANDIDATE_EXPIRES_MS, createCandidates } from './candidates.ts'
import type { Target } from './launch-sandbox.ts'
import type { KeptProcess } from './processes.ts'

const target = (commit: string): Target => ({
  commit,
  conf: { text: '', hash: 'h', port: 1, storePorts: [], url: '', sharesPort: true, sleepsOn: null, drainTimeoutMs: 0 },
})

describe('candidates', () => {
  const started: string[] = []
  const stopped: string[] = []
  const boot = async ({ commit }: Target): Promise<Booted> => {
    started.push(commit)
    if (commit === 'bad') {
      return { failure: { server: 'socketserver', developer: 'dev1', message: 'bad', lastLines: [] } }
    }
    return { ready: fakeProcess(() => stopped.push(commit)) }
  }
  beforeEach(() => {
    started.length = 0
    stopped.length = 0
    mock.timers.enable({ apis: ['setTimeout'] })
  })
  afterEach(() => mock.timers.reset())
  const settle = () => new Promise((resolve) => setImmediate(resolve))

  it('are booted once, however many ask for the same', async () => {
    const candidates = createCandidates(boot)
    await Promise.all([candidates.boot(target('a')), candidates.boot(target('a'))])
    await candidates.take(target('a'))
    assert.deepEqual(started, ['a'])
  })

  it('are stopped when nobody switches to them in time, and not when somebody did', async () => {
    const candidates = createCandidates(boot)
    await candidates.boot(target('a'))
    await candidates.boot(target('b'))
    await candidates.take(target('b'))
    mock.timers.tick(CANDIDATE_EXPIRES_MS)
    await settle()
    assert.deepEqual(stopped, ['a'])
  })

  it('that failed are tried again when they are asked for again', async () => {
    const candidates = createCandidates(boot)
    assert.equal((await candidates.boot(target('bad')))?.message, 'bad')
    await candidates.boot(target('bad'))
    assert.deepEqual(started, ['bad', 'bad'])
  })

  it('are few: the oldest is given up', async () => {
    const candidates = createCandidates(boot)
    for (const commit of ['a', 'b', 'c', 'd', 'e']) await candidates.boot(target(commit))
    await settle()
    assert.deepEqual(stopped, ['a'])
    await candidates.close()
    assert.deepEqual(stopped, ['a', 'b', 'c', 'd', 'e'])
  })
})

function fakeProcess(onStop: () => void): KeptProcess {
  return {
    channel: null,
    end: null,
    ended: new Promise<ProcessEnd>(() => {}),
    run: {} as never,
    update: async () => {},
    expectEnd() {},
    refuse() {},
    stop: async () => onStop(),
    lastLines: async () => [],
  }
}
