import assert from 'node:assert/strict'
import { writeSync } from 'node:fs'
import { createMemoryZones } from './memory-zones.ts'
import { createRemoteZones } from './remote-zones.ts'
import { ScriptDict } from './script-dict.ts'
import { entryBytes, type Zone, type ZoneStore } from './zone.ts'
import { startZoneMaster, ZONE_MASTER_PATIENCE_MS, type ZoneMaster } from './zone-master.fixture.ts'
import { encodeMessage } from './zone-wire.ts'

const put = (zone: Zone, key: string, text: string, ttlMs?: number) => zone.update(key, () => ({ text, ttlMs }))

for (const kind of ['memory', 'remote'] as const) {
  describe(`zones (${kind})`, () => {
    let master: ZoneMaster | undefined
    let clock: Float64Array
    let store: ZoneStore
    let zone: Zone
    const pass = (ms: number) => {
      clock[0]! += ms
    }

    beforeEach(async () => {
      master = kind === 'memory' ? undefined : await startZoneMaster()
      clock = master?.clock ?? new Float64Array(1)
      store = master === undefined ? createMemoryZones(() => clock[0]!) : createRemoteZones(await master.connect())
      zone = store.open('a', 10_000)
    })

    afterEach(() => master?.stop())

    it('keep texts by key, apart from those of other zones', () => {
      put(zone, 'one', '1')
      put(store.open('b', 10_000), 'one', 'other')
      assert.equal(zone.get('one'), '1')
      assert.equal(zone.get('two'), undefined)
      assert.equal(store.open('a', 10_000), zone)
      assert.deepEqual(zone.keys(10), ['one'])
    })

    it('change an entry in one step, delete it, or leave it', () => {
      const seen: (string | undefined)[] = []
      for (const change of [{ text: '1', ttlMs: undefined }, 'leave', 'delete', 'leave'] as const) {
        zone.update('k', (current) => {
          seen.push(current)
          return change
        })
      }
      assert.deepEqual(seen, [undefined, '1', '1', undefined])
    })

    it('let an entry end with its time, which a change may keep', () => {
      put(zone, 'k', '1', 500)
      put(zone, 'forever', '1')
      pass(200)
      assert.equal(zone.ttl('k'), 300)
      assert.equal(zone.ttl('forever'), Number.POSITIVE_INFINITY)
      zone.update('k', () => ({ text: '2', ttlMs: 'keep' }))
      pass(299)
      assert.equal(zone.get('k'), '2')
      pass(1)
      assert.equal(zone.get('k'), undefined)
      assert.equal(zone.ttl('k'), undefined)
      assert.deepEqual(zone.keys(10), ['forever'])
      zone.update('k', (current) => {
        assert.equal(current, undefined)
        return 'leave'
      })
    })

    it('keep what a script sets for ever, as `ttl` calls it', () => {
      const dict = new ScriptDict(zone, 10_000)
      dict.set('k', 1, Number.POSITIVE_INFINITY)
      dict.set('l', 1, 500)
      dict.expire('l', dict.ttl('k')!)
      pass(1000)
      assert.deepEqual(dict.keys(Number.POSITIVE_INFINITY), ['k', 'l'])
      assert.deepEqual(
        ['k', 'l'].map((key) => [dict.get(key), dict.ttl(key)]),
        [
          [1, Number.POSITIVE_INFINITY],
          [1, Number.POSITIVE_INFINITY],
        ],
      )
    })

    it('make room by what was not used for longest, and never hold more than their size', () => {
      const text = 'x'.repeat(1000)
      const fits = Math.floor(10_000 / entryBytes('k0', text))
      for (let i = 0; i < fits; i++) {
        pass(2000)
        put(zone, `k${i}`, text)
      }
      pass(2000)
      assert.equal(zone.get('k0'), text)
      pass(2000)
      put(zone, 'more', text)
      assert.equal(zone.get('k1'), undefined)
      assert.equal(zone.get('k0'), text)
      assert.equal(zone.keys(100).length, fits)
    })

    it('refuse a text that is larger than all of the zone, and what was there is gone', () => {
      put(zone, 'k', 'small')
      assert.equal(put(zone, 'k', 'x'.repeat(10_001)), false)
      assert.equal(zone.get('k'), undefined)
    })

    it('are empty when they were cleared, with all their room', () => {
      for (let i = 0; i < 20; i++) put(zone, `k${i}`, 'x'.repeat(400))
      zone.clear()
      assert.deepEqual(zone.keys(10), [])
      for (let i = 0; i < 20; i++) put(zone, `k${i}`, 'x'.repeat(400))
      assert.equal(zone.keys(100).length, 20)
    })
  })
}

describe('zones of a master', () => {
  let master: ZoneMaster
  beforeEach(async () => {
    master = await startZoneMaster()
  })
  afterEach(() => master.stop())

  it('are counted in by several workers at once without losing one', async () => {
    const counts = await Promise.all([1, 2, 3].map(() => master.count(1000)))
    assert.deepEqual(counts, [1000, 1000, 1000])
    assert.equal(
      createRemoteZones(await master.connect())
        .open('counts', 10_000)
        .get('n'),
      '3000',
    )
  })

  it('go on when a worker ends, or is stopped, in the middle of a change', async () => {
    const [ended, stopped, waiting] = [await master.connect(), await master.connect(), await master.connect()]
    begin(ended)
    master.hangUp(ended)
    begin(stopped)
    const zone = createRemoteZones(waiting).open('a', 10_000)
    // Waits for as long as the master is patient with the one that was stopped.
    assert.equal(put(zone, 'k', 'mine'), true)
    assert.equal(createRemoteZones(stopped).open('a', 10_000).get('k'), 'mine')
  })

  it('let a change be made again that came too late, and let go of one that throws', async () => {
    const zone = createRemoteZones(await master.connect()).open('a', 10_000)
    let tries = 0
    zone.update('k', () => {
      if (++tries === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * ZONE_MASTER_PATIENCE_MS)
      return { text: String(tries), ttlMs: undefined }
    })
    assert.equal(zone.get('k'), '2')
    assert.throws(() => zone.update('k', () => assert.fail('mine')), /mine/)
    assert.equal(put(createRemoteZones(await master.connect()).open('a', 10_000), 'k', 'other'), true)
  })

  it('carry texts of any length', async () => {
    const zone = createRemoteZones(await master.connect()).open('large', 10_000_000)
    const text = 'ü'.repeat(1_000_000)
    assert.equal(put(zone, 'k', text), true)
    assert.equal(zone.get('k'), text)
  })

  it('are an error that says why when the master has gone', async () => {
    const zone = createRemoteZones(await master.connect()).open('a', 10_000)
    await master.die()
    assert.throws(() => zone.get('k'), { code: 'STORE_UNAVAILABLE' })
  })
})

/** The first half of a change, by a worker that never comes to the second. */
function begin(fd: number): void {
  writeSync(fd, encodeMessage({ id: 0, op: 'begin', zone: 'a', bytesMax: 10_000, key: 'k' }))
}
