import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createRun } from '../../servers/contract/run.ts'
import { matchesQuestion } from '../query/matches-question.ts'
import { parseQuestion } from '../query/parse-question.ts'
import type { PatternBudget } from '../query/pattern-budget.ts'
import type { Scope } from '../query/question.ts'
import type { SearchEvents, ShownRecord, Source } from '../query/wire.ts'
import { createRecordStore, type OpenedStore } from './create-record-store.ts'
import { createYardFixture, type YardFixture } from './yard.fixture.ts'

const RECORDS = 3500
const NOW = Date.parse('2026-11-20T18:00:00.000Z')
const signal = new AbortController().signal

const parse = (query: string) => {
  const question = parseQuestion(new URLSearchParams(query))
  assert.ok(typeof question === 'object', String(question))
  return question
}

/** What can be written as UTF-8. */
const wellFormed = (record: ShownRecord): ShownRecord =>
  JSON.parse(
    JSON.stringify(record, (_key, value) => (typeof value === 'string' ? Buffer.from(value).toString() : value)),
  )

describe('the store of records', () => {
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
  const archive = () => join(yard.root, 'viewer/days')
  const open = async () => {
    await store?.close()
    store = await createRecordStore({ root: yard.root, derived: derived(), archive: archive(), now: () => NOW })
    return store
  }
  const read = async (query: string, limit = 1000, place: { before?: string; after?: string } = {}, scope?: Scope) =>
    store!.read({ question: parse(query), scope: scope ?? store!.sources(), signal, limit, ...place })
  const messages = (records: readonly ShownRecord[]) => records.map(({ message }) => message)

  const readAll = async (query: string, limit: number, direction: 'before' | 'after' = 'before') => {
    const all: ShownRecord[] = []
    let reply = await read(query, limit)
    if (direction === 'after') {
      const [oldest] = (await store!.read({ question: parse(query), scope: store!.sources(), signal, limit: 100_000 }))
        .records
      if (oldest === undefined) return all
      all.push(oldest)
      for (let after: string | null = oldest.id; after !== null; after = reply.after) {
        reply = await read(query, limit, { after })
        all.push(...reply.records)
      }
      return all
    }
    all.push(...reply.records)
    while (reply.before !== null) {
      reply = await read(query, limit, { before: reply.before })
      all.unshift(...reply.records)
    }
    return all
  }

  const search = async (query: string, limit = 100_000) => {
    const found: ShownRecord[] = []
    let done: SearchEvents['done'] | undefined
    const asking = { question: parse(query), scope: store!.sources(), signal, charactersMax: 1e9 }
    await store!.search({ ...asking, limit }, (event) => {
      found.push(...(event.found ?? []))
      done = event.done ?? done
    })
    return { found, done: done! }
  }

  const stream = async (query: string) => {
    const all: ShownRecord[] = []
    for await (const some of store!.stream({ question: parse(query), scope: store!.sources(), signal }))
      all.push(...some)
    return all
  }

  it('answers with nothing when there is nothing', async () => {
    await open()
    assert.deepEqual(await read(''), { records: [], before: null, after: null })
    assert.deepEqual(await search('q=x'), { found: [], done: { before: null } })
    assert.deepEqual(store!.sources(), [])
    const { records, days, notes } = await store!.status([])
    assert.deepEqual({ records, days, notes }, { records: 0, days: 0, notes: [] })
  })

  it('goes through pages in both directions, each record once, also among those of one millisecond', async () => {
    const all: string[] = []
    for (let i = 0; i < 120; i++) {
      const [server, developer] = [['socketserver', 'redis'][i % 2]!, ['dev1', 'dev2', 'master'][i % 3]!]
      const message = `record ${i}`
      all.push(message)
      yard.put(server, developer, at(Math.floor(i / 10), i < 60 ? 19 : 20), { message })
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

  /** Records of several sources, some in more than one block, with errors, ids and what JSON writes otherwise. */
  const fill = () => {
    const words = ['inventory', 'Lobby', 'slow query', 'GET /api/orders', 'ÄRGER "quoted" \\ slash', 'redis']
    const lines = new Map<string, string>()
    for (let i = 0; i < RECORDS; i++) {
      const body = {
        message: `${words[i % words.length]} ${i % 1301 === 77 ? 'needle-7C1e' : i}`,
        severity: i % 50 === 0 ? 'error' : i % 7 === 0 ? 'warn' : 'info',
        pid: 100 + (i % 3),
        release: i % 2 === 0 ? '4f2a91c8e012' : '0a1b2c3d4e5f',
        fields: { room: { id: i % 10 }, text: i % 900 === 5 ? `a\n"b"` : 'plain', filler: 'x'.repeat(2500) },
        ...(i % 5 === 0 ? { request: `r${i}` } : {}),
        ...(i % 50 === 0 ? { stack: `Error: no ${i % 3}\n    at load (src/load.ts:${i % 4}:2)` } : {}),
      }
      const received = at(i, i < 1500 ? 18 : 20)
      const server = ['socketserver', 'dtserver'][i % 2]!
      const path = yard.file(server, i % 3 === 0 ? 'dev2' : 'dev1', received.slice(0, 10))
      lines.set(
        path,
        `${lines.get(path) ?? ''}${JSON.stringify({ received, time: received, ...body })}
`,
      )
    }
    for (const [path, text] of lines) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
  }

  it('finds what a look at every record finds, and the same when all it keeps is gone', async () => {
    fill()
    await open()
    const everything = await stream('')
    assert.equal(everything.length, RECORDS)
    const from = at(1000, 18)
    const to = at(2500)
    const queries = [
      'q=INVENTORY',
      'q=needle-7c1e',
      'q=nowhere',
      'q=ärger',
      'q=%22quoted%22+-r',
      `q=${encodeURIComponent('"slash" -lobby')}`,
      'q=room.id:7+release:4f2a91c8e012',
      'q=request:r1500',
      'q=pid:101+needle',
      'q=text:plain+-inventory+-redis',
      `q=${encodeURIComponent('/load\\.ts:[12]:/')}`,
      `q=${encodeURIComponent('/^(lobby|redis) 12\\d\\d /')}`,
      `q=${encodeURIComponent('a\\n')}`,
      `q=${encodeURIComponent('/\\x6eeedle-\\u0037c1E/')}`,
      `q=${encodeURIComponent('/nee\\144le\\cJ?/')}`,
      'severity=error',
      'severity=warn&developer=dev2&server=dtserver',
      `from=${from}&to=${to}`,
      `from=${from}&to=${to}&severity=error&q=load`,
    ]
    const expected = queries.map((query) =>
      everything.filter((record) => matchesQuestion(parse(query), record)).map(({ id }) => id),
    )
    const ids = (records: readonly ShownRecord[]) => records.map(({ id }) => id)
    const look = async () => {
      for (const [index, query] of queries.entries())
        assert.deepEqual(ids((await search(query)).found).reverse(), expected[index], query)
    }
    await look()
    for (const [index, query] of [...queries.entries()].filter(([index]) => index % 4 === 0)) {
      assert.deepEqual(ids(await stream(query)), expected[index], query)
      assert.deepEqual(ids(await readAll(query, 700)), expected[index], query)
    }
    await open()
    await look()
    await store!.close()
    rmSync(derived(), { recursive: true })
    await open()
    await look()
  })

  it('counts over time what the records say', async () => {
    fill()
    await open()
    for (const query of ['', 'severity=warn', `from=${at(1000, 18)}&to=${at(2500)}`, 'q=lobby', 'developer=dev1']) {
      const { buckets, stepMs, fromMs, toMs } = await store!.histogram(
        { question: parse(query), scope: store!.sources(), signal },
        40,
      )
      const sum = buckets.flatMap(({ counts }) => Object.values(counts)).reduce((a, b) => a + b, 0)
      assert.equal(sum, (await stream(query)).length, query)
      assert.ok(buckets.every(({ atMs }) => atMs >= fromMs && atMs < toMs && (atMs - fromMs) % stepMs === 0))
    }
  })

  it('keeps a closed day as Parquet, from which everything is found as before; then its errors', async () => {
    fill()
    yard.put('socketserver', 'dev1', at(1600, 18), {
      message: 'odd \u0000 \ud800 \n',
      fields: { a: [null, 1e21] },
      seq: 3,
    })
    await open()
    const day = 'to=2026-11-19'
    const everything = await stream(day)
    const ids = (records: readonly ShownRecord[]) => records.map(({ id }) => id)
    const files = () => [
      ...new Set(everything.map(({ server, developer }) => yard.file(server, developer, '2026-11-18'))),
    ]
    const sealed = (file: string, ending: string) =>
      join(archive(), file.slice(yard.root.length).replace('/logs/', '/').replace('jsonl', ending))
    const queries = ['q=needle-7c1e', 'severity=error', `q=${encodeURIComponent('/load\\.ts:1:/')}`]
    const look = async () => {
      assert.deepEqual(await stream(day), everything.map(wellFormed))
      for (const query of queries) {
        const expected = everything.filter((record) => matchesQuestion(parse(query), record))
        assert.deepEqual(ids((await search(`${query}&${day}`)).found).reverse(), ids(expected), query)
      }
    }
    await store!.caughtUp
    for (const file of files()) {
      assert.ok(existsSync(sealed(file, 'json')), 'compared with the log file')
      rmSync(file)
    }
    await look()
    rmSync(derived(), { recursive: true })
    await open()
    await look()
    for (const file of files()) rmSync(sealed(file, 'parquet'))
    const errors = everything.filter(({ severity }) => severity === 'error')
    assert.deepEqual(await stream(day), errors)
    await open()
    assert.deepEqual(await stream(day), errors)
  })

  it('groups errors by what they have in common', async () => {
    fill()
    await open()
    const errors = (await stream('severity=error')).length
    const asking = { question: parse('severity=info'), scope: store!.sources(), signal }
    const groups = await store!.errors(asking)
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
      for (let i = 0; i < 5; i++) yard.put('socketserver', developer, at(i), { message: `${developer} ${i}` })
    }
    await open()
    const scope: Source[] = [{ server: 'socketserver', developer: 'dev1' }]
    const [theirs] = (await read('developer=dev2')).records
    // A file that cannot be read is one that nobody may even try to open.
    rmSync(yard.file('socketserver', 'dev2', '2026-11-20'))
    mkdirSync(yard.file('socketserver', 'dev2', '2026-11-20'))
    const isOurs = (records: readonly ShownRecord[]) => records.every(({ developer }) => developer === 'dev1')
    assert.ok(isOurs((await read('', 10, {}, scope)).records))
    assert.deepEqual((await read('developer=dev2', 10, {}, scope)).records, [])
    assert.ok(isOurs((await read('', 10, { before: theirs!.id }, scope)).records))
    assert.equal(await store!.context(theirs!.id, { before: 5, after: 5, scope, signal }), null)
    assert.equal((await store!.status(scope)).records, 5)
  })

  it('shows a record among its neighbours of the same source', async () => {
    for (let i = 0; i < 9; i++) yard.put('socketserver', i % 3 === 2 ? 'dev2' : 'dev1', at(i), { message: `${i}` })
    await open()
    const [record] = (await search('q=4')).found
    const scope = store!.sources()
    const around = async (before: number, after: number, id = record!.id) => {
      const found = await store!.context(id, { before, after, scope, signal })
      return found === null ? null : messages(found)
    }
    assert.deepEqual(await around(2, 1), ['1', '3', '4', '6'])
    assert.deepEqual(await around(0, 0), ['4'])
    assert.deepEqual(await around(50, 50), ['0', '1', '3', '4', '6', '7'])
    assert.equal(await around(1, 1, 'dev1/socketserver/2026-11-20:1'), null)
    assert.equal(await around(1, 1, 'nonsense'), null)
  })

  it('says how many records are missing before one, also after a restart, and hides what is only there to be counted', async () => {
    const run = '0mj5x2k9c-7f3qz1'
    const put = (seq: number, body = {}) =>
      yard.put('socketserver', 'dev1', at(seq), { run, seq, message: `${seq}`, ...body })
    for (const seq of [1, 2, 5]) put(seq)
    put(6, { kind: 'count' })
    await open()
    const shown = async () => (await read('')).records.map(({ message, missing }) => `${message} ${missing ?? 0}`)
    assert.deepEqual(await shown(), ['1 0', '2 0', '5 2'])
    await open()
    put(9)
    put(9)
    assert.deepEqual(await shown(), ['1 0', '2 0', '5 2', '9 2'])
    // The last ones of a process are missing, and nothing follows but how many there were.
    put(12, { kind: 'count' })
    assert.deepEqual(await shown(), ['1 0', '2 0', '5 2', '9 2', '12 2'])
    assert.deepEqual((await store!.status(store!.sources())).gaps, { processes: 1, records: 6 })
  })

  it('sees what is missing across midnight: as it happens, when all it keeps is gone, and when the day before is Parquet alone', async () => {
    const midnight = Date.parse('2026-11-20T00:00:00.000Z')
    const [older, younger] = [createRun(midnight - 3_600_000, () => 0.1), createRun(midnight - 1, () => 0.2)]
    const put = (ms: number, run: string, seq: number) =>
      yard.put('socketserver', 'dev1', new Date(midnight + ms).toISOString(), { run, seq, message: `${ms} ${seq}` })
    const shown = async () => (await read('')).records.map(({ message, missing }) => `${message} ${missing ?? 0}`)
    const expected = ['-60000 1 0', '-59000 2 0', '-1 3 0', '0 6 2', '5 4 3', '6 7 0']
    for (const [ms, seq] of [
      [-60_000, 1],
      [-59_000, 2],
      [-1, 3],
    ] as const)
      put(ms, older, seq)
    await open()
    assert.deepEqual(await shown(), expected.slice(0, 3))
    put(0, older, 6)
    // Of this one everything that it has written yesterday is missing.
    put(5, younger, 4)
    put(6, older, 7)
    // That there is a new file has to be noticed first.
    while ((await shown()).length < expected.length);
    assert.deepEqual(await shown(), expected, 'as it happens')
    await open()
    assert.deepEqual(await shown(), expected, 'after a restart')
    await store!.close()
    rmSync(derived(), { recursive: true })
    await open()
    assert.deepEqual(await shown(), expected, 'made anew')
    await store!.caughtUp
    await store!.close()
    rmSync(yard.file('socketserver', 'dev1', '2026-11-19'))
    rmSync(derived(), { recursive: true })
    await open()
    assert.deepEqual(await shown(), expected, 'from Parquet')
    assert.deepEqual((await store!.status(store!.sources())).gaps, { processes: 2, records: 5 })
  })

  it('stays readable whatever lies in the files, and when they are cut or vanish', async () => {
    const file = yard.file('socketserver', 'dev1', '2026-11-20')
    yard.put('socketserver', 'dev1', at(1, 19), { message: 'one' })
    yard.put('socketserver', 'dev1', at(1), { message: 'two' })
    const odd = [
      'no json',
      '{"received":"2026-11-20T12:00:02.000Z","message":NaN}',
      '{"received":"garbage","message":"when?"}',
      '',
      '\u0000\u001b[31m',
    ]
    appendFileSync(file, `${odd.join('\n')}\n`)
    appendFileSync(file, Buffer.from([0xff, 0xc3, 0x28, 10]))
    appendFileSync(file, `${'x'.repeat(3_000_000)}\n`)
    // A clock that went back, and half a line.
    yard.put('socketserver', 'dev1', at(0), { message: 'earlier' })
    appendFileSync(file, '{"received":"2026')
    await open()
    const texts = messages((await read('')).records)
    assert.equal(texts.length, 10)
    assert.deepEqual([texts[0], texts[1], texts.at(-1)], ['one', 'two', 'earlier'])
    assert.equal(messages((await search('q=xxx')).found)[0]!.length, 64 * 1024)
    assert.deepEqual(messages(await stream('')), texts)
    const before = (await read('', 1)).before!
    truncateSync(file)
    yard.put('socketserver', 'dev1', at(9), { message: 'anew' })
    assert.deepEqual(messages((await read('')).records), ['one', 'anew'])
    rmSync(file)
    assert.deepEqual(messages((await read('', 5, { before })).records), ['one'])
  })

  it('reads on behind a line whose fields are deeper than anything can render', async () => {
    yard.put('socketserver', 'dev1', at(1), { message: 'deep', fields: { deep: [] } })
    const file = yard.file('socketserver', 'dev1', '2026-11-20')
    writeFileSync(file, readFileSync(file, 'utf8').replace('[]', `${'['.repeat(30_000)}${']'.repeat(30_000)}`))
    yard.put('socketserver', 'dev1', at(2), { message: 'behind' })
    await open()
    assert.deepEqual(messages((await read('')).records), ['deep', 'behind'])
    assert.deepEqual(messages((await search('-nothing')).found), ['behind', 'deep'])
  })

  it('finds what stands in fields as it is shown, also where JSON writes it otherwise', async () => {
    yard.put('socketserver', 'dev1', at(1), {
      message: 'one',
      fields: { file: 'C:\\Tmp\\log', said: 'a "quoted" word' },
    })
    yard.put('socketserver', 'dev1', at(2), { message: 'two', fields: { file: 'C:/Tmp/log' } })
    await open()
    assert.deepEqual(messages((await read('q=c:\\tmp\\log')).records), ['one'])
    assert.deepEqual(messages((await read('q="a \\"quoted\\" word"')).records), ['one'])
  })

  it('makes anew what does not fit to the files: another version, another file, half a block', async () => {
    fill()
    await open()
    const expected = messages(await stream(''))
    await store!.close()
    const index = join(derived(), 'v2/socketserver/dev1/2026-11-18.blocks')
    const good = readFileSync(index)
    for (const bad of [
      good.subarray(0, good.length - 5),
      good.subarray(0, 300),
      Buffer.alloc(5000),
      Buffer.from('x'),
    ]) {
      writeFileSync(index, bad)
      await open()
      assert.deepEqual(messages(await stream('')), expected)
      await store!.close()
    }
    const file = yard.file('socketserver', 'dev1', '2026-11-18')
    const text = readFileSync(file)
    rmSync(file)
    writeFileSync(file, text.subarray(0, text.indexOf(10) + 1))
    await open()
    assert.equal(messages(await stream('developer=dev1&server=socketserver&to=2026-11-19')).length, 1)
  })

  it('tells of records as they are written, each once, and finds them at once', async () => {
    yard.put('socketserver', 'dev1', at(1), { message: 'old' })
    await open()
    const heard: ShownRecord[] = []
    const news = new EventEmitter()
    const stop = store!.follow((records) => {
      heard.push(...records)
      news.emit('records')
    })
    const waitFor = async (count: number) => {
      const deadline = AbortSignal.timeout(10_000)
      while (heard.length < count) await once(news, 'records', { signal: deadline })
      return heard.map(({ id, message }) => `${id.replace(/:.*/, '')} ${message}`)
    }
    yard.put('socketserver', 'dev1', at(2), { message: 'new', developer: 'dev9' })
    assert.deepEqual(messages((await read('q=new')).records), ['new'])
    assert.deepEqual(await waitFor(1), ['dev1/socketserver/2026-11-20 new'])
    mkdirSync(dirname(yard.file('redis', 'dev2', '')), { recursive: true })
    yard.put('redis', 'dev2', at(3), { message: 'first' })
    assert.equal((await waitFor(2))[1], 'dev2/redis/2026-11-20 first')
    yard.put('redis', 'dev2', '2026-11-21T00:00:00.000Z', { message: 'next day' })
    assert.equal((await waitFor(3))[2], 'dev2/redis/2026-11-21 next day')
    rmSync(dirname(yard.file('redis', 'dev2', '')), { recursive: true })
    yard.put('redis', 'dev2', at(4), { message: 'back' })
    assert.equal((await waitFor(4))[3], 'dev2/redis/2026-11-20 back')
    stop()
    yard.put('socketserver', 'dev1', at(5), { message: 'unheard' })
    assert.equal(messages((await read('q=unheard')).records).length, 1)
    assert.equal(heard.length, 4)
  })

  it('lets patterns wait while the time of whoever asks is used up, and nobody else', async () => {
    yard.put('socketserver', 'dev1', at(1), { message: 'one' })
    await open()
    let left = 0
    let spent = 0
    const patterns: PatternBudget = {
      leftMs: () => left,
      spend: (work) => {
        spent++
        return work()
      },
    }
    const asking = (q: string) => ({ question: parse(`q=${q}`), scope: store!.sources(), signal, patterns })
    const gone = new AbortController()
    const waiting = store!.read({ ...asking('/one/'), limit: 1 })
    const given = store!.histogram({ ...asking('/one/'), signal: gone.signal }, 10)
    assert.equal((await store!.read({ ...asking('one'), limit: 1 })).records.length, 1)
    assert.equal((await read('q=/one/')).records.length, 1)
    assert.equal(spent, 0)
    gone.abort(new Error('gone'))
    await assert.rejects(given, /^Error: gone$/)
    left = 1
    assert.equal((await waiting).records.length, 1)
    assert.equal(spent, 1)
  })

  it('gives up what nobody waits for any more, and a pattern that takes for ever', async () => {
    fill()
    yard.put('socketserver', 'dev1', at(99), { message: `${'a'.repeat(80)}!` })
    await open()
    const controller = new AbortController()
    const reason = new Error('gone')
    const page = { question: parse('q=/x$/'), scope: store!.sources(), signal: controller.signal, limit: 10 }
    const searching = store!.search(page, () => controller.abort(reason))
    controller.abort(reason)
    await assert.rejects(searching, reason)
    const { done } = await search(`q=${encodeURIComponent('/^(a+)+$/')}`)
    assert.match(done.stopped!, /takes too long/)
  })
})
