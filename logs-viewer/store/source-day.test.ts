import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { archivedDay, writeSeal } from './archive.ts'
import { BlockCache } from './block-cache.ts'
import type { Parquet, StoredRecord } from './parquet.ts'
import { SourceDay } from './source-day.ts'

const SOURCE = { server: 'socketserver', developer: 'dev1' }
const DAY = '2026-11-18'
const BYTES = 20 * 1024 * 1024

describe('a day of which there is Parquet alone', () => {
  let folder: string
  /** What the Parquet holds, how many reads of it succeed, and what was given. */
  let stored: StoredRecord[]
  let reads: number
  let given: number
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgeyard-day-'))
    stored = Array.from({ length: 10 }, (_, number) => ({
      offset: number * (BYTES / 10),
      record: { time: '', received: `${DAY}T12:00:0${number}.000Z`, severity: 'error', message: `${number}` },
    }))
    reads = Number.POSITIVE_INFINITY
    given = 0
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const parquet = {
    read: async (_path: string, { start, end }: { start: number; end: number }) => {
      if (reads-- <= 0) throw new Error('the disk does not answer')
      const some = stored.filter(({ offset }) => offset >= start && offset < end)
      given += some.length
      return some
    },
    readAt: async (_path: string, offsets: readonly number[]) => {
      const some = stored.filter(({ offset }) => offsets.includes(offset))
      given += some.length
      return some
    },
  } as Parquet

  const open = (wholeOrErrors: 'parquet' | 'errors') => {
    const place = archivedDay(join(folder, 'days'), SOURCE, DAY)
    mkdirSync(place.folder, { recursive: true })
    writeFileSync(place[wholeOrErrors], '')
    writeSeal(place, { made: 'lines 1 2', bytes: BYTES, records: stored.length, errors: stored.length })
    const notes: (string | null)[] = []
    const day = new SourceDay(
      { source: SOURCE, day: DAY, path: join(folder, `${DAY}.jsonl`), index: join(folder, 'index', `${DAY}.blocks`) },
      {
        ...{ found: '', newsFrom: 0, cache: new BlockCache(), report: () => {}, before: () => undefined },
        note: (_topic, text) => void notes.push(text),
        archive: { place, parquet },
      },
    )
    return { day, notes }
  }
  const count = (day: SourceDay) => day.blocks.reduce((sum, block) => sum + block.count, 0)

  for (const kind of ['parquet', 'errors'] as const) {
    it(`is not taken for whole when half of it could be read, and is read again (${kind})`, async () => {
      const { day, notes } = open(kind)
      reads = 1
      assert.equal(await day.advance(), false)
      assert.equal(count(day), 0)
      assert.match(String(notes.at(-1)), /Cannot read .*jsonl: the disk does not answer/)
      reads = Number.POSITIVE_INFINITY
      await day.catchUp(new AbortController().signal)
      assert.equal(count(day), 10)
      assert.equal(notes.at(-1), null)
    })

    it(`is not taken for whole when whoever made its index was interrupted (${kind})`, async () => {
      const all = stored
      stored = all.slice(0, 4)
      await open(kind).day.advance()
      stored = all
      const { day } = open(kind)
      await day.advance()
      assert.equal(count(day), 10)
      reads = 0
      const again = open(kind).day
      await again.advance()
      assert.equal(count(again), 10, 'from the index alone')
    })
  }

  it('is read where records are wanted, and between them only where most are', async () => {
    const { day } = open('parquet')
    const spanAt = (number: number, length: number) => ({
      offset: stored[number]!.offset,
      end: stored[number]!.offset + length,
    })
    const sparse = await day.readArchived([spanAt(0, 200), spanAt(3, 200), spanAt(9, 200)])
    assert.deepEqual(
      sparse.map((record) => record?.message),
      ['0', '3', '9'],
    )
    assert.equal(given, 3)
    const length = BYTES / 10
    const dense = await day.readArchived([spanAt(1, length), spanAt(3, length)])
    assert.deepEqual(
      dense.map((record) => record?.message),
      ['1', '3'],
    )
    assert.equal(given, 3 + 3)
  })
})
