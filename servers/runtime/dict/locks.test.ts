import assert from 'node:assert/strict'
import { createLocks } from './locks.ts'
import { createMemoryZones } from './memory-zones.ts'
import { createRemoteZones } from './remote-zones.ts'
import type { ZoneStore } from './zone.ts'
import { startZoneMaster, type ZoneMaster } from './zone-master.fixture.ts'

const never = new AbortController().signal
const options = { ttlMs: 60_000, waitMs: 60_000, signal: never }

for (const kind of ['memory', 'remote'] as const) {
  describe(`a lock (${kind})`, () => {
    let master: ZoneMaster | undefined
    let store: ZoneStore

    beforeEach(async () => {
      master = kind === 'memory' ? undefined : await startZoneMaster({ ticking: true })
      store = master === undefined ? createMemoryZones() : createRemoteZones(await master.connect())
    })

    afterEach(() => master?.stop())

    it('lets one in at a time, in the order in which they came, and gives what each returns', async () => {
      const locks = createLocks(store)
      const seen: string[] = []
      const work = (name: string) =>
        locks.hold(
          'k',
          async () => {
            seen.push(`${name} in`)
            await new Promise(setImmediate)
            seen.push(`${name} out`)
            return name
          },
          options,
        )
      assert.deepEqual(await Promise.all(['a', 'b', 'c'].map(work)), ['a', 'b', 'c'])
      assert.deepEqual(seen, ['a in', 'a out', 'b in', 'b out', 'c in', 'c out'])
    })

    it('is let go when its holder throws, and does not hold other keys', async () => {
      const locks = createLocks(store)
      const thrown = locks.hold('k', () => assert.fail('mine'), options)
      assert.equal(await locks.hold('other', () => 1, options), 1)
      await assert.rejects(thrown, /mine/)
      assert.equal(await locks.hold('k', () => 2, options), 2)
    })

    it('ends with its time, though its holder has not', async () => {
      const locks = createLocks(store)
      let release = () => {}
      const hung = locks.hold(
        'k',
        () =>
          new Promise<void>((resolve) => {
            release = resolve
          }),
        { ...options, ttlMs: 20 },
      )
      assert.equal(await locks.hold('k', () => 'second', options), 'second')
      release()
      await hung
      assert.equal(await locks.hold('k', () => 'third', options), 'third')
    })

    it('is held and waited for without end where that is asked for', async () => {
      const [here, there] = [createLocks(store), createLocks(store)]
      const forEver = { ttlMs: Number.POSITIVE_INFINITY, waitMs: Number.POSITIVE_INFINITY, signal: never }
      const seen: string[] = []
      const slow = here.hold('k', () => new Promise<void>((resolve) => setTimeout(resolve, 30)), forEver)
      const others = [here, here, there].map((locks) => locks.hold('k', () => seen.push('after'), forEver))
      await slow.then(() => seen.push('before'))
      await Promise.all(others)
      assert.deepEqual(seen, ['before', 'after', 'after', 'after'])
    })

    it('is waited for no longer than that, and not by who has gone; the others still get it', async () => {
      const locks = createLocks(store)
      let release = () => {}
      const first = locks.hold(
        'k',
        () =>
          new Promise<void>((resolve) => {
            release = resolve
          }),
        options,
      )
      await assert.rejects(
        locks.hold('k', () => 1, { ...options, waitMs: 10 }),
        { code: 'LOCK_TIMEOUT' },
      )
      const client = new AbortController()
      const gone = locks.hold('k', () => 1, { ...options, signal: client.signal })
      const late = locks.hold('k', () => 1, { ...options, waitMs: 10 })
      const patient = locks.hold('k', () => 'mine', options)
      client.abort(new Error('gone'))
      await assert.rejects(gone, /gone/)
      await assert.rejects(late, { code: 'LOCK_TIMEOUT' })
      release()
      await first
      assert.equal(await patient, 'mine')
    })

    it('holds between servers that share its zones', async () => {
      const [here, there] = [createLocks(store), createLocks(store)]
      let inside = 0
      const work = async () => {
        inside++
        assert.equal(inside, 1)
        await new Promise(setImmediate)
        inside--
      }
      await Promise.all([here, there, here, there].map((locks) => locks.hold('k', work, options)))
    })
  })
}
