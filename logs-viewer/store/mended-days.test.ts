// What a store does when files are not as it expects them: aged, moved, unreadable, deleted under its feet.
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { EVERYTHING, type Question } from '../query/question.ts'
import type { ShownRecord } from '../query/wire.ts'
import { createRecordStore, type OpenedStore } from './create-record-store.ts'
import { createYardFixture, type YardFixture } from './yard.fixture.ts'

const NOW = Date.parse('2026-11-20T18:00:00.000Z')
const signal = new AbortController().signal

describe('the days of a store', () => {
  let yard: YardFixture
  let store: OpenedStore | undefined
  beforeEach(() => {
    yard = createYardFixture()
  })
  afterEach(async () => {
    await store?.close()
    store = undefined
    yard.remove()
  })

  const at = (second: number, day = 20) => new Date(Date.UTC(2026, 10, day, 12, 0, second)).toISOString()
  const derived = () => join(yard.root, 'viewer/index')
  const archived = (name: string, developer = 'dev1') => join(yard.root, 'viewer/days/socketserver', developer, name)
  const index = (day: string, developer = 'dev1') => join(derived(), 'v2/socketserver', developer, `${day}.blocks`)
  const open = async () => {
    await store?.close()
    const archive = join(yard.root, 'viewer/days')
    store = await createRecordStore({ root: yard.root, derived: derived(), archive, now: () => NOW })
    await store.caughtUp
    return store
  }
  const asking = (question: Partial<Question> = {}) => ({
    question: { ...EVERYTHING, ...question },
    scope: store!.sources(),
    signal,
  })
  const messages = async (question: Partial<Question> = {}) =>
    (await store!.read({ ...asking(question), limit: 1000, charactersMax: 1e9 })).records.map(({ message }) => message)
  const status = (developer: string) => store!.status([{ server: 'socketserver', developer }])
  /** A mebibyte and more, so that a block is full. */
  const fillBlock = (day: number, first = 0, developer = 'dev1') => {
    const received = at(first, day)
    const body = { time: received, severity: 'info', fields: { filler: 'x'.repeat(30_000) } }
    const lines = Array.from({ length: 40 }, (_, n) => JSON.stringify({ received, ...body, message: `${first + n}` }))
    const file = yard.file('socketserver', developer, received.slice(0, 10))
    mkdirSync(dirname(file), { recursive: true })
    appendFileSync(file, `${lines.join('\n')}\n`)
    return lines.length
  }
  const listen = () => {
    const heard: string[] = []
    const news = new EventEmitter()
    store!.follow((records: readonly ShownRecord[]) => {
      heard.push(...records.map(({ developer, message }) => `${developer} ${message}`))
      news.emit('records')
    })
    return {
      heard,
      async until(text: string) {
        while (!heard.includes(text)) await once(news, 'records', { signal: AbortSignal.timeout(10_000) })
      },
    }
  }

  it('that have aged and had no errors are none: time begins with the oldest record', async () => {
    yard.put('socketserver', 'dev1', at(1, 17), { message: 'plain' })
    yard.put('socketserver', 'dev1', at(1, 18), { message: 'failed', severity: 'error' })
    yard.put('socketserver', 'dev1', at(2, 20), { message: 'today' })
    await open()
    for (const day of ['2026-11-17', '2026-11-18']) {
      rmSync(yard.file('socketserver', 'dev1', day))
      rmSync(archived(`${day}.parquet`))
    }
    await open()
    const { fromMs, buckets } = await store!.histogram(asking(), 100)
    assert.equal(new Date(fromMs).toISOString(), at(1, 18))
    assert.equal(buckets.length, 2)
    const [group] = await store!.errors(asking())
    assert.equal(group!.sparkline[0], 1)
    const { days, oldestDay } = await status('dev1')
    assert.deepEqual({ days, oldestDay }, { days: 2, oldestDay: '2026-11-18' })
  })

  it('that are gone leave no index behind, nor do older versions', async () => {
    fillBlock(18)
    fillBlock(20)
    fillBlock(20, 0, 'dev2')
    mkdirSync(join(derived(), 'v0/socketserver'), { recursive: true })
    await open()
    assert.ok(!existsSync(join(derived(), 'v0')))
    assert.ok(existsSync(index('2026-11-18')) && existsSync(index('2026-11-20')))
    rmSync(join(yard.root, 'socketserver/dev2'), { recursive: true })
    while (existsSync(index('2026-11-20', 'dev2'))) await messages()
    await store!.close()
    store = undefined
    rmSync(yard.file('socketserver', 'dev1', '2026-11-18'))
    rmSync(archived('2026-11-18.json'))
    await open()
    assert.ok(!existsSync(index('2026-11-18')) && existsSync(index('2026-11-20')))
  })

  it('that cannot be read fail no question of others, keep nothing from being kept, and are told of to their owner', async () => {
    yard.put('socketserver', 'dev1', at(1, 18), { message: 'kept' })
    yard.put('socketserver', 'dev1', at(1), { message: 'mine' })
    // A file that can be opened, and not be read.
    const broken = yard.file('socketserver', 'dev2', '2026-11-18')
    mkdirSync(broken, { recursive: true })
    yard.put('socketserver', 'dev2', at(2), { message: 'theirs' })
    await open()
    assert.deepEqual(await messages(), ['kept', 'mine', 'theirs'])
    assert.equal((await store!.histogram(asking(), 10)).buckets.length, 2)
    assert.ok(existsSync(archived('2026-11-18.json')))
    assert.deepEqual((await status('dev1')).notes, [])
    assert.match((await status('dev2')).notes.join('\n'), /^Cannot read .*dev2.*EISDIR.*$/)
    rmSync(broken, { recursive: true })
    yard.put('socketserver', 'dev2', at(1, 18), { message: 'back' })
    assert.deepEqual(await messages(), ['kept', 'back', 'mine', 'theirs'])
    assert.deepEqual((await status('dev2')).notes, [])
  })

  it('are made anew when their index is deleted while the viewer runs', async () => {
    const count = fillBlock(18) + fillBlock(18, 100) + fillBlock(20) + fillBlock(20, 100)
    await open()
    const expected = await messages()
    assert.equal(expected.length, count)
    const [middle] = (await store!.read({ ...asking(), limit: 60 })).records
    const questions: [what: string, ask: () => Promise<void>][] = [
      ['a page', async () => assert.deepEqual(await messages(), expected)],
      [
        'a histogram',
        async () => {
          const { buckets } = await store!.histogram(asking(), 10)
          const sum = buckets.flatMap(({ counts }) => Object.values(counts)).reduce((a, b) => a + b, 0)
          assert.equal(sum, count)
        },
      ],
      [
        'a context',
        async () => {
          const around = { before: 3, after: 3, scope: store!.sources(), signal }
          assert.equal((await store!.context(middle!.id, around))?.length, 7)
        },
      ],
      [
        'a stream',
        async () => {
          let streamed = 0
          for await (const some of store!.stream(asking())) streamed += some.length
          assert.equal(streamed, count)
        },
      ],
    ]
    for (const [what, ask] of questions) {
      // Nothing of the index is in memory yet.
      await open()
      const { heard } = listen()
      rmSync(derived(), { recursive: true })
      await ask()
      assert.deepEqual(heard, [], `${what}: what is made anew is no news`)
      await ask()
      assert.deepEqual((await status('dev1')).notes, [], what)
    }
  })

  it('are whole when their index is deleted while they grow, and tell each record once', async () => {
    const before = fillBlock(20)
    await open()
    const { heard, until } = listen()
    rmSync(derived(), { recursive: true })
    const after = fillBlock(20, 100)
    yard.put('socketserver', 'dev1', at(200), { message: 'last' })
    await until('dev1 last')
    assert.equal(heard.length, after + 1)
    assert.equal(new Set(heard).size, heard.length)
    assert.equal((await messages()).length, before + after + 1)
    assert.deepEqual((await status('dev1')).notes, [])
    await open()
    assert.equal((await messages()).length, before + after + 1)
  })

  it('of a developer who gets another name are no news', async () => {
    yard.put('socketserver', 'dev1', at(1, 19), { message: 'yesterday' })
    await open()
    const { heard, until } = listen()
    yard.put('socketserver', 'dev1', at(1), { message: 'today' })
    await until('dev1 today')
    renameSync(join(yard.root, 'socketserver/dev1'), join(yard.root, 'socketserver/ana'))
    yard.put('socketserver', 'ana', at(2), { message: 'after' })
    await until('ana after')
    assert.deepEqual(heard, ['dev1 today', 'ana after'])
    assert.deepEqual(await messages(), ['yesterday', 'today', 'after'])
  })
})
