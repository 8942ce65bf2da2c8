import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

import type { ShownRecord, Source } from '../query/wire.ts'
import { at, messages, useStore } from './record-store.fixture.ts'

const signal = new AbortController().signal

describe('the store of records', () => {
  const kept = useStore()
  const { open, read, readAll, search, stream, fill } = kept

  it('answers with nothing when there is nothing', async () => {
    await open()
    assert.deepEqual(await read(''), { records: [], before: null, after: null })
    assert.deepEqual(await search('q=x'), { found: [], done: { before: null } })
    assert.deepEqual(kept.store.sources(), [])
    const { records, days, notes } = await kept.store.status([])
    assert.deepEqual({ records, days, notes }, { records: 0, days: 0, notes: [] })
  })

  it('goes through pages in both directions, each record once, also among those of one millisecond', async () => {
    const all: string[] = []
    for (let i = 0; i < 120; i++) {
      const [server, developer] = [['socketserver', 'redis'][i % 2]!, ['dev1', 'dev2', 'master'][i % 3]!]
      const message = `record ${i}`
      all.push(message)
      kept.yard.put(server, developer, at(Math.floor(i / 10), i < 60 ? 19 : 20), { message })
    }
    await open()
    const once = messages(await readAll('', 1000))
    assert.deepEqual([...once].sort(), [...all].sort())
    for (const limit of [1, 7, 50, 120]) {
      assert.deepEqual(messages(await readAll('', limit)), once, `towards the past by ${limit}`)
      assert.deepEqual(messages(await readAll('', limit, 'after')), once, `towards now by ${limit}`)
    }
    assert.deepEqual(messages(await stream('')), once)
    assert.deepEqual(messages((await search('')).found).reverse(), once)
  })

  it('counts over time what the records say', async () => {
    fill()
    await open()
    for (const query of ['', 'severity=warn', `from=${at(1000, 18)}&to=${at(2500)}`, 'q=lobby', 'developer=dev1']) {
      const { buckets, stepMs, fromMs, toMs } = await kept.store.histogram(kept.asking(query), 40)
      const sum = buckets.flatMap(({ counts }) => Object.values(counts)).reduce((a, b) => a + b, 0)
      assert.equal(sum, (await stream(query)).length, query)
      assert.ok(buckets.every(({ atMs }) => atMs >= fromMs && atMs < toMs && (atMs - fromMs) % stepMs === 0))
    }
  })

  it('groups errors by what they have in common', async () => {
    fill()
    await open()
    const errors = (await stream('severity=error')).length
    const asking = kept.asking('severity=info')
    const groups = await kept.store.errors(asking)
    assert.equal(
      groups.reduce((sum, { count }) => sum + count, 0),
      errors,
    )
    assert.equal(groups.length, 3)
    for (const { source, count, sparkline, title, firstSeen, lastSeen, lastId, firstRelease } of groups) {
      assert.equal(
        sparkline.reduce((a, b) => a + b, 0),
        count,
      )
      assert.ok(firstSeen <= lastSeen && lastId.startsWith(`${source.developer}/${source.server}/`))
      assert.ok(title !== '' && firstRelease !== undefined)
    }
    const seen = groups.map(({ lastSeen }) => lastSeen)
    assert.deepEqual(seen, [...seen].sort().reverse())
  })

  it('opens nothing outside of the scope, whatever is asked', async () => {
    for (const developer of ['dev1', 'dev2']) {
      for (let i = 0; i < 5; i++) kept.yard.put('socketserver', developer, at(i), { message: `${developer} ${i}` })
    }
    await open()
    const scope: Source[] = [{ server: 'socketserver', developer: 'dev1' }]
    const [theirs] = (await read('developer=dev2')).records
    // A file that cannot be read is one that nobody may even try to open.
    rmSync(kept.yard.file('socketserver', 'dev2', '2026-11-20'))
    mkdirSync(kept.yard.file('socketserver', 'dev2', '2026-11-20'))
    const isOurs = (records: readonly ShownRecord[]) => records.every(({ developer }) => developer === 'dev1')
    assert.ok(isOurs((await read('', 10, {}, scope)).records))
    assert.deepEqual((await read('developer=dev2', 10, {}, scope)).records, [])
    assert.ok(isOurs((await read('', 10, { before: theirs!.id }, scope)).records))
    assert.equal(await kept.store.context(theirs!.id, { before: 5, after: 5, scope, signal }), null)
    assert.equal((await kept.store.status(scope)).records, 5)
  })

  it('shows a record among its neighbours of the same source', async () => {
    for (let i = 0; i < 9; i++) kept.yard.put('socketserver', i % 3 === 2 ? 'dev2' : 'dev1', at(i), { message: `${i}` })
    await open()
    const [record] = (await search('q=4')).found
    const scope = kept.store.sources()
    const around = async (before: number, after: number, id = record!.id) => {
      const found = await kept.store.context(id, { before, after, scope, signal })
      return found === null ? null : messages(found)
    }
    assert.deepEqual(await around(2, 1), ['1', '3', '4', '6'])
    assert.deepEqual(await around(0, 0), ['4'])
    assert.deepEqual(await around(50, 50), ['0', '1', '3', '4', '6', '7'])
    assert.equal(await around(1, 1, 'dev1/socketserver/2026-11-20:1'), null)
    assert.equal(await around(1, 1, 'nonsense'), null)
  })

  it('tells of records as they are written, each once, and finds them at once', async () => {
    kept.yard.put('socketserver', 'dev1', at(1), { message: 'old' })
    await open()
    const heard: ShownRecord[] = []
    const news = new EventEmitter()
    const stop = kept.store.follow((records) => {
      heard.push(...records)
      news.emit('records')
    })
    const waitFor = async (count: number) => {
      const deadline = AbortSignal.timeout(10_000)
      while (heard.length < count) await once(news, 'records', { signal: deadline })
      return heard.map(({ id, message }) => `${id.replace(/:.*/, '')} ${message}`)
    }
    kept.yard.put('socketserver', 'dev1', at(2), { message: 'new', developer: 'dev9' })
    assert.deepEqual(messages((await read('q=new')).records), ['new'])
    assert.deepEqual(await waitFor(1), ['dev1/socketserver/2026-11-20 new'])
    mkdirSync(dirname(kept.yard.file('redis', 'dev2', '')), { recursive: true })
    kept.yard.put('redis', 'dev2', at(3), { message: 'first' })
    assert.equal((await waitFor(2))[1], 'dev2/redis/2026-11-20 first')
    kept.yard.put('redis', 'dev2', '2026-11-21T00:00:00.000Z', { message: 'next day' })
    assert.equal((await waitFor(3))[2], 'dev2/redis/2026-11-21 next day')
    rmSync(dirname(kept.yard.file('redis', 'dev2', '')), { recursive: true })
    kept.yard.put('redis', 'dev2', at(4), { message: 'back' })
    assert.equal((await waitFor(4))[3], 'dev2/redis/2026-11-20 back')
    stop()
    kept.yard.put('socketserver', 'dev1', at(5), { message: 'unheard' })
    assert.equal(messages((await read('q=unheard')).records).length, 1)
    assert.equal(heard.length, 4)
  })
})
