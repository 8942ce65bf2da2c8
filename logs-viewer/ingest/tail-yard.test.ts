import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ShownRecord } from '../query/wire.ts'
import { createYardFixture, type YardFixture } from '../store/yard.fixture.ts'
import { tailYard, type YardTail } from './tail-yard.ts'

const NOON = '2026-11-20T12:00:00.000Z'

describe('tailYard', () => {
  let yard: YardFixture
  let tail: YardTail | undefined
  let records: ShownRecord[]
  const news = new EventEmitter()
  beforeEach(() => {
    yard = createYardFixture()
    records = []
  })
  afterEach(async () => {
    await tail?.close()
    yard.remove()
  })

  const start = async () => {
    tail = await tailYard(yard.root, (some) => {
      records.push(...some)
      news.emit('records')
    })
  }

  const waitFor = async (count: number) => {
    const signal = AbortSignal.timeout(10_000)
    while (records.length < count) await once(news, 'records', { signal })
    return records.map(({ id, message }) => `${id} ${message}`)
  }

  it('reports what is written after it began, by its own name', async () => {
    yard.put('socketserver', 'dev1', NOON, { message: 'old' })
    await start()
    yard.put('socketserver', 'dev1', NOON, { message: 'new', developer: 'dev2' })
    const [line] = await waitFor(1)
    assert.match(line!, /^dev1\/socketserver\/2026-11-20:\d+ new$/)
    assert.equal(records[0]!.developer, 'dev1')
  })

  it('finds new servers, developers and days at any time, from their first line', async () => {
    await start()
    yard.put('socketserver', 'dev1', NOON, { message: 'first' })
    assert.deepEqual(await waitFor(1), ['dev1/socketserver/2026-11-20:0 first'])
    mkdirSync(join(yard.root, 'socketserver/dev2'), { recursive: true })
    yard.put('socketserver', 'dev2', NOON, { message: 'second' })
    assert.equal((await waitFor(2))[1], 'dev2/socketserver/2026-11-20:0 second')
    yard.put('socketserver', 'dev2', '2026-11-21T00:00:00.000Z', { message: 'third' })
    assert.equal((await waitFor(3))[2], 'dev2/socketserver/2026-11-21:0 third')
  })

  it('goes on when a folder was removed and comes back', async () => {
    yard.put('socketserver', 'dev1', NOON, { message: 'old' })
    await start()
    rmSync(join(yard.root, 'socketserver/dev1'), { recursive: true })
    yard.put('socketserver', 'dev1', NOON, { message: 'back' })
    assert.deepEqual(await waitFor(1), ['dev1/socketserver/2026-11-20:0 back'])
  })

  it('looks after the newest days only', async () => {
    for (const day of ['01', '02', '03', '04']) yard.put('socketserver', 'dev1', `2026-11-${day}T00:00:00.000Z`)
    await start()
    assert.equal(tail!.files, 2)
  })
})
