import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLmdbZones } from './lmdb-zones.ts'
import { createMemoryZones } from './memory-zones.ts'
import { entryBytes, type Zone, type ZoneStore } from './zone.ts'

const put = (zone: Zone, key: string, text: string, ttlMs?: number) => zone.update(key, () => ({ text, ttlMs }))

for (const kind of ['memory', 'lmdb'] as const) {
  describe(`zones (${kind})`, () => {
    let now = 1000
    let folder: string
    let store: ZoneStore
    let zone: Zone

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'zones-'))
      store = kind === 'memory' ? createMemoryZones(() => now) : createLmdbZones(folder, () => now)
      zone = store.open('a', 10_000)
    })

    afterEach(() => {
      store.close()
      rmSync(folder, { recursive: true })
    })

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
      now += 200
      assert.equal(zone.ttl('k'), 300)
      assert.equal(zone.ttl('forever'), Number.POSITIVE_INFINITY)
      zone.update('k', () => ({ text: '2', ttlMs: 'keep' }))
      now += 299
      assert.equal(zone.get('k'), '2')
      now += 1
      assert.equal(zone.get('k'), undefined)
      assert.equal(zone.ttl('k'), undefined)
      assert.deepEqual(zone.keys(10), ['forever'])
      zone.update('k', (current) => {
        assert.equal(current, undefined)
        return 'leave'
      })
    })

    it('make room by what was not used for longest, and never hold more than their size', () => {
      const text = 'x'.repeat(1000)
      const fits = Math.floor(10_000 / entryBytes('k0', text))
      for (let i = 0; i < fits; i++) {
        now += 2000
        put(zone, `k${i}`, text)
      }
      now += 2000
      assert.equal(zone.get('k0'), text)
      now += 2000
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

describe('zones of several processes', function () {
  this.timeout(30_000)
  const program = `
    import { createLmdbZones } from ${JSON.stringify(new URL('./lmdb-zones.js', import.meta.url).href)}
    const zone = createLmdbZones(process.argv[1]).open('a', 100_000)
    const add = () => zone.update('n', (current) => ({ text: String(Number(current ?? 0) + 1), ttlMs: undefined }))
    process.stdout.write('begun\\n')
    if (process.argv[2] === 'forever') for (;;) add()
    for (let i = 0; i < 2000; i++) add()
  `
  const start = (folder: string, ...args: string[]) =>
    spawn(process.execPath, ['--input-type=module', '-e', program, folder, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })

  it('count together without losing one, also when one of them is killed while it writes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zones-'))
    try {
      const killed = start(folder, 'forever')
      await once(killed.stdout, 'data')
      killed.kill('SIGKILL')
      await once(killed, 'exit')
      const store = createLmdbZones(folder)
      const zone = store.open('a', 100_000)
      const before = Number(zone.get('n') ?? 0)
      await Promise.all([1, 2, 3].map(async () => assert.deepEqual(await once(start(folder), 'exit'), [0, null])))
      // In the same turn of the loop: nothing older is shown.
      assert.equal(Number(zone.get('n')), before + 6000)
      store.close()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
