// What a search finds, and when it gives up.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { matchesQuestion } from '../query/matches-question.ts'
import type { PatternBudget } from '../query/pattern-budget.ts'
import type { ShownRecord } from '../query/wire.ts'
import { at, messages, parse, RECORDS, useStore } from './record-store.fixture.ts'

const _signal = new AbortController().signal

describe('a search in the store', () => {
  const kept = useStore()
  const { open, read, readAll, search, stream, fill, derived } = kept

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
    await kept.store.close()
    rmSync(derived(), { recursive: true })
    await open()
    await look()
  })

  it('finds what stands in fields as it is shown, also where JSON writes it otherwise', async () => {
    kept.yard.put('socketserver', 'dev1', at(1), {
      message: 'one',
      fields: { file: 'C:\\Tmp\\log', said: 'a "quoted" word' },
    })
    kept.yard.put('socketserver', 'dev1', at(2), { message: 'two', fields: { file: 'C:/Tmp/log' } })
    await open()
    assert.deepEqual(messages((await read('q=c:\\tmp\\log')).records), ['one'])
    assert.deepEqual(messages((await read('q="a \\"quoted\\" word"')).records), ['one'])
  })

  it('lets patterns wait while the time of whoever asks is used up, and nobody else', async () => {
    kept.yard.put('socketserver', 'dev1', at(1), { message: 'one' })
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
    const asking = (q: string) => ({ ...kept.asking(`q=${q}`), patterns })
    const gone = new AbortController()
    const waiting = kept.store.read({ ...asking('/one/'), limit: 1 })
    const given = kept.store.histogram({ ...asking('/one/'), signal: gone.signal }, 10)
    assert.equal((await kept.store.read({ ...asking('one'), limit: 1 })).records.length, 1)
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
    kept.yard.put('socketserver', 'dev1', at(99), { message: `${'a'.repeat(80)}!` })
    await open()
    const controller = new AbortController()
    const reason = new Error('gone')
    const page = { question: parse('q=/x$/'), scope: kept.store.sources(), signal: controller.signal, limit: 10 }
    const searching = kept.store.search(page, () => controller.abort(reason))
    controller.abort(reason)
    await assert.rejects(searching, reason)
    const { done } = await search(`q=${encodeURIComponent('/^(a+)+$/')}`)
    assert.match(done.stopped!, /takes too long/)
  })
})
