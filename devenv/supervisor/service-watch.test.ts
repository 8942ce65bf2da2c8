// When a service counts as hung: with a clock that the test moves, and services that are promises.
import assert from 'node:assert/strict'
import { describeTrouble } from './service-trouble.ts'
import { watchService } from './service-watch.ts'
import { createFakeClock } from './testing/fake-clock.ts'

describe('the watch of a service', () => {
  /** What is due now, and what that has begun. */
  const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  const begin = (
    answers: (n: number, signal: AbortSignal) => Promise<boolean>,
    ticks: () => number | null = () => 7,
  ) => {
    const clock = createFakeClock()
    let asked = 0
    let hung = 0
    const watch = watchService(clock, { answers: (signal) => answers(++asked, signal), ticks }, () => hung++)
    return {
      clock,
      watch,
      asked: () => asked,
      hung: () => hung,
      /** Second for second, as on a machine that runs. */
      async pass(seconds: number) {
        for (let n = 0; n < seconds; n++) {
          clock.advance(1_000)
          await turn()
        }
      },
    }
  }
  const silent = () => new Promise<boolean>(() => {})

  it('says once that it hangs, when it has been silent three times in a row, and asks no more', async () => {
    const { hung, pass, asked, watch, clock } = begin(silent)
    await pass(21)
    assert.deepEqual([hung(), watch.missed], [0, 2])
    await pass(60)
    assert.deepEqual([hung(), asked(), clock.next()], [1, 3, null])
  })

  it('gives one that works two minutes, and no more', async () => {
    let worked = 0
    const { hung, pass } = begin(silent, () => worked++)
    await pass(110)
    assert.equal(hung(), 0)
    await pass(30)
    assert.equal(hung(), 1)
  })

  it('forgets silence when it is answered again', async () => {
    const { hung, pass, watch } = begin((n) => (n % 3 === 0 ? Promise.resolve(true) : silent()))
    await pass(300)
    assert.equal(hung(), 0)
    watch.end()
  })

  it('takes an error, and a no, for silence', async () => {
    const failing = begin((n) => (n % 2 === 0 ? Promise.resolve(false) : Promise.reject(new Error('ECONNREFUSED'))))
    await failing.pass(10)
    assert.equal(failing.hung(), 1)
  })

  it('counts nothing when there were no file descriptors left to ask with', async () => {
    const failing = (n: number) =>
      Object.assign(new Error(), n % 2 === 0 ? { code: 'EMFILE' } : { cause: { code: 'ENFILE' } })
    const { hung, pass, asked, watch } = begin((n) => Promise.reject(failing(n)))
    await pass(60)
    assert.deepEqual([hung(), watch.missed], [0, 0])
    assert.ok(asked() > 10)
    watch.end()
  })

  it('counts nothing while it was stopped itself, however far the clock has gone meanwhile', async () => {
    const { clock, hung, asked, watch, pass } = begin(silent)
    for (let n = 0; n < 20; n++) {
      await pass(n === 0 ? 7 : 2)
      // All that is due comes late, and at once.
      const late = clock.next() ?? assert.fail('it has given up')
      const now = clock.now
      clock.now = () => now() + 3_600_000
      clock.advance(late)
      clock.now = now
      await turn()
    }
    assert.deepEqual([hung(), watch.missed], [0, 0])
    assert.ok(asked() > 2)
    watch.end()
  })

  it('ends a check whose time is up, and the one under way when it ends itself', async () => {
    const signals: AbortSignal[] = []
    const { watch, pass, clock } = begin((_n, signal) => {
      signals.push(signal)
      return silent()
    })
    await pass(12)
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, false],
    )
    watch.end()
    await pass(60)
    assert.deepEqual([signals.map(({ aborted }) => aborted), clock.next()], [[true, true], null])
  })
})

describe('the trouble with a service', () => {
  const well = {
    runs: true,
    wanted: true,
    ending: false,
    fallen: null,
    missed: 0,
    crashes: 0,
    nextInMs: null,
    nowMs: 100_000,
  }
  const hung = { how: 'hung', atMs: 88_000 } as const
  for (const [facts, told] of [
    [{}, null],
    [{ missed: 1 }, 'did not answer when it was asked'],
    [{ missed: 2 }, 'did not answer 2 times'],
    [{ missed: 3, ending: true }, 'hangs, and is being ended'],
    [{ runs: false, fallen: hung, crashes: 1 }, 'hung, and is being started'],
    [{ runs: false, fallen: hung, crashes: 4, nextInMs: 7_400 }, 'hung 4 times in a row, next try in 8 s'],
    [{ runs: false, fallen: hung, wanted: false }, null],
    [{ fallen: { how: 'died', atMs: 88_000 }, crashes: 1 }, 'died, and was started again 12 s ago'],
    [{ fallen: { how: 'died', atMs: 40_000 }, crashes: 1 }, null],
  ] as const) {
    it(`is ${told ?? 'none'} for ${JSON.stringify(facts)}`, () => {
      assert.equal(describeTrouble({ ...well, ...facts }), told)
    })
  }
})
