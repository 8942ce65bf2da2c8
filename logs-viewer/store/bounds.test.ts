// What one answer may hold and take.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { EVERYTHING } from '../query/question.ts'
import type { SearchEvents, ShownRecord } from '../query/wire.ts'
import { createRecordStore, type OpenedStore } from './create-record-store.ts'
import { createParquet, type StoredRecord } from './parquet.ts'
import { createYardFixture, type YardFixture } from './yard.fixture.ts'

const NOW = Date.parse('2026-11-20T18:00:00.000Z')
const RECORDS = 150

describe('an answer', () => {
  let yard: YardFixture
  let store: OpenedStore
  before(async () => {
    yard = createYardFixture()
    for (let i = 0; i < RECORDS; i++) {
      const received = new Date(Date.UTC(2026, 10, 20, 12, 0, i)).toISOString()
      yard.put('socketserver', 'dev1', received, { message: `${i} end`, fields: { filler: 'x'.repeat(60_000) } })
    }
    store = await createRecordStore({ root: yard.root, derived: join(yard.root, 'viewer/index'), now: () => NOW })
  })
  after(async () => {
    await store.close()
    yard.remove()
  })

  const all = Array.from({ length: RECORDS }, (_, n) => `${n} end`)
  const asking = (text?: string) => ({
    question: { ...EVERYTHING, terms: text === undefined ? [] : [{ kind: 'text', not: false, text } as const] },
    scope: store.sources(),
    signal: new AbortController().signal,
    limit: 1000,
  })
  const charactersIn = (records: readonly ShownRecord[]) => JSON.stringify(records).length

  for (const text of [undefined, 'end']) {
    it(`of long fields is a part, and says where to go on (${text ?? 'everything'})`, async () => {
      const pages: string[][] = []
      let before: string | null | undefined
      while (before !== null) {
        const page = await store.read({ ...asking(text), before })
        assert.ok(charactersIn(page.records) < 5 * 1024 * 1024)
        pages.unshift(page.records.map(({ message }) => message))
        before = page.before
      }
      assert.ok(pages.length > 1)
      assert.deepEqual(pages.flat(), all)
    })

    it(`of a search is a part, too, and goes on (${text ?? 'everything'})`, async () => {
      const found: ShownRecord[] = []
      let done: SearchEvents['done'] = { before: null }
      let searches = 0
      do {
        const place = found.length
        await store.search({ ...asking(text), before: done.before ?? undefined }, (event) => {
          found.push(...(event.found ?? []))
          done = event.done ?? done
        })
        assert.ok(charactersIn(found.slice(place)) < 5 * 1024 * 1024)
        searches++
      } while (done.before !== null)
      assert.ok(searches > 1)
      assert.deepEqual(found.map(({ message }) => message).reverse(), all)
    })
  }

  it('of a search that took too long says where it was, and goes on there', async () => {
    const found: ShownRecord[] = []
    const late = new AbortController()
    let done: SearchEvents['done'] | undefined
    const tell = (event: Partial<SearchEvents>) => {
      found.push(...(event.found ?? []))
      done = event.done ?? done
      if (event.found !== undefined) late.abort(new Error('too late'))
    }
    await store.search({ ...asking('end'), charactersMax: 1e9, late: late.signal }, tell)
    assert.equal(done!.stopped, 'too late')
    const first = found.length
    assert.ok(first > 0 && first < RECORDS)
    while (done!.before !== null) await store.search({ ...asking('end'), before: done!.before }, tell)
    assert.deepEqual(found.map(({ message }) => message).reverse(), all)
  })

  it('of a search that took too long says where it was, though it has found nothing', async () => {
    const events: Partial<SearchEvents>[] = []
    const late = AbortSignal.abort(new Error('too late'))
    await store.search({ ...asking('nowhere'), late }, (event) => void events.push(event))
    assert.deepEqual(events, [{ done: { before: 'dev1/socketserver/2026-11-20:0', stopped: 'too late' } }])
  })

  it('of neighbours is no longer than a page', async () => {
    const [middle] = (await store.read({ ...asking('75 end') })).records
    const { scope, signal } = asking()
    const records = (await store.context(middle!.id, { before: 100, after: 100, scope, signal }))!
    assert.ok(charactersIn(records) < 5 * 1024 * 1024)
    assert.ok(records.some(({ id }) => id === middle!.id))
  })
})

describe('records that are Parquet', () => {
  it('are read at their places, and what lies between is not', async () => {
    const yard = createYardFixture()
    const parquet = createParquet()
    try {
      const path = join(yard.root, 'day.parquet')
      const records: StoredRecord[] = Array.from({ length: 20_000 }, (_, number) => ({
        offset: number * 100,
        record: { time: '', received: '', severity: 'info', message: `${number}` },
      }))
      const blocks = async function* () {
        yield records
      }
      await parquet.write(path, blocks(), join(yard.root, 'day.errors.parquet'))
      const wanted = [0, 500, 1_999_900]
      const found = await parquet.readAt(path, [...wanted, 1_999_901])
      assert.deepEqual(
        found.map(({ offset }) => offset),
        wanted,
      )
      assert.deepEqual(found.at(-1), records.at(-1))
      rmSync(path)
    } finally {
      await parquet.close()
      yard.remove()
    }
  })
})
