import assert from 'node:assert/strict'
import { mock } from 'node:test'
import type { ProcessEnd } from '../exec/start-process.ts'
import type { Booted } from './boot-candidate.ts'
import { CANDIDATE_EXPIRES_MS, createCandidates, SPARE_AFTER_MS, SPARE_EXPIRES_MS } from './candidates.ts'
import type { Target } from './launch-sandbox.ts'
import type { KeptProcess } from './processes.ts'

const target = (commit: string): Target => ({
  commit,
  conf: {
    text: '',
    hash: 'h',
    port: 1,
    scripts: [],
    storePorts: [],
    url: '',
    workers: 1,
    sharesPort: true,
    sleepsOn: null,
    drainTimeoutMs: 0,
  },
})

describe('candidates', () => {
  const started: string[] = []
  const stopped: string[] = []
  const boot = async ({ commit }: Target, process: KeptProcess | null): Promise<Booted> => {
    started.push(process === null ? commit : `${commit} in what was prepared`)
    if (commit === 'bad') {
      return { failure: { server: 'socketserver', developer: 'dev1', message: 'bad', lastLines: [] } }
    }
    return { ready: fakeProcess(() => stopped.push(commit)) }
  }
  const prepared: string[] = []
  let busy = false
  const isBusy = () => busy
  const prepare = async ({ hash }: Target['conf'], spare: boolean): Promise<KeptProcess> => {
    prepared.push(spare ? `spare ${hash}` : hash)
    return fakeProcess(() => stopped.push(`prepared ${hash}`))
  }
  const withConf = (hash: string): Target['conf'] => ({ ...target('a').conf, hash })
  beforeEach(() => {
    started.length = 0
    stopped.length = 0
    prepared.length = 0
    mock.timers.enable({ apis: ['setTimeout'] })
  })
  afterEach(() => mock.timers.reset())
  const settle = () => new Promise((resolve) => setImmediate(resolve))

  it('are booted once, however many ask for the same', async () => {
    const candidates = createCandidates({ boot, prepare, isBusy })
    await Promise.all([candidates.boot(target('a')), candidates.boot(target('a'))])
    await candidates.take(target('a'))
    assert.deepEqual(started, ['a'])
  })

  it('are stopped when nobody switches to them in time, and not when somebody did', async () => {
    const candidates = createCandidates({ boot, prepare, isBusy })
    await candidates.boot(target('a'))
    await candidates.boot(target('b'))
    await candidates.take(target('b'))
    mock.timers.tick(CANDIDATE_EXPIRES_MS)
    await settle()
    assert.deepEqual(stopped, ['a'])
  })

  it('that failed are tried again when they are asked for again', async () => {
    const candidates = createCandidates({ boot, prepare, isBusy })
    assert.equal((await candidates.boot(target('bad')))?.message, 'bad')
    await candidates.boot(target('bad'))
    assert.deepEqual(started, ['bad', 'bad'])
  })

  it('boot in the process that was prepared with their conf, once, and in no other', async () => {
    const candidates = createCandidates({ boot, prepare, isBusy })
    const end = candidates.prepare(withConf('h'))
    candidates.prepare(withConf('h'))
    await candidates.boot({ commit: 'b', conf: withConf('other') })
    await candidates.boot(target('a'))
    // It is a candidate now; that its push is over does not end it.
    end()
    await candidates.boot(target('c'))
    assert.deepEqual([prepared, started, stopped], [['h'], ['b', 'a in what was prepared', 'c'], []])
  })

  it('leave no prepared process behind that was not needed', async () => {
    const candidates = createCandidates({ boot, prepare, isBusy })
    const ends = ['1', '2'].map((hash) => candidates.prepare(withConf(hash)))
    await settle()
    assert.deepEqual(stopped, ['prepared 1'])
    ends[0]!()
    // Somebody who found it there has not started it.
    candidates.prepare(withConf('2'))()
    await settle()
    assert.deepEqual(stopped, ['prepared 1'])
    ends[1]!()
    await settle()
    assert.deepEqual(stopped, ['prepared 1', 'prepared 2'])
    candidates.prepare(withConf('3'))
    await candidates.close()
    assert.deepEqual(stopped, ['prepared 1', 'prepared 2', 'prepared 3'])
  })

  it('have a spare process a while after somebody has pushed, for ten minutes or until it is needed', async () => {
    const candidates = createCandidates({ boot, prepare, isBusy })
    candidates.keepSpare(withConf('h'))
    mock.timers.tick(SPARE_AFTER_MS - 1)
    assert.deepEqual(prepared, [])
    mock.timers.tick(1)
    assert.deepEqual(prepared, ['spare h'])
    // A push that is refused before it boots anything leaves it for the next one.
    candidates.prepare(withConf('h'))()
    await candidates.boot(target('a'))
    await candidates.take(target('a'))
    assert.deepEqual([started, stopped], [['a in what was prepared'], []])
    candidates.keepSpare(withConf('h'))
    mock.timers.tick(SPARE_AFTER_MS)
    mock.timers.tick(SPARE_EXPIRES_MS)
    await settle()
    assert.deepEqual([prepared, stopped], [['spare h', 'spare h'], ['prepared h']])
  })

  it('have no spare process before all pushes that are under way are done', async () => {
    const candidates = createCandidates({ boot, prepare, isBusy })
    busy = true
    candidates.keepSpare(withConf('h'))
    mock.timers.tick(10 * SPARE_AFTER_MS)
    assert.deepEqual(prepared, [])
    busy = false
    mock.timers.tick(SPARE_AFTER_MS)
    assert.deepEqual(prepared, ['spare h'])
    busy = true
    candidates.keepSpare(withConf('other'))
    mock.timers.tick(SPARE_AFTER_MS)
    candidates.endSpare()
    busy = false
    mock.timers.tick(SPARE_AFTER_MS)
    assert.deepEqual(prepared, ['spare h'])
  })

  it('have no spare process any more when nobody is to push', async () => {
    const candidates = createCandidates({ boot, prepare, isBusy })
    candidates.keepSpare(withConf('h'))
    candidates.endSpare()
    mock.timers.tick(SPARE_AFTER_MS)
    assert.deepEqual(prepared, [])
    candidates.keepSpare(withConf('h'))
    mock.timers.tick(SPARE_AFTER_MS)
    candidates.endSpare()
    await settle()
    assert.deepEqual([prepared, stopped], [['spare h'], ['prepared h']])
  })

  it('are few: the oldest is given up', async () => {
    const candidates = createCandidates({ boot, prepare, isBusy })
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
