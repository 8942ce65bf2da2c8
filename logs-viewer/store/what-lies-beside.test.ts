// What is kept beside the log files, and log files that are not as they should be.
import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { matchesQuestion } from '../query/matches-question.ts'
import type { ShownRecord } from '../query/wire.ts'
import { at, messages, parse, useStore } from './record-store.fixture.ts'

const _signal = new AbortController().signal

/** What can be written as UTF-8. */
const wellFormed = (record: ShownRecord): ShownRecord =>
  JSON.parse(
    JSON.stringify(record, (_key, value) => (typeof value === 'string' ? Buffer.from(value).toString() : value)),
  )

describe('what is kept beside the log files', () => {
  const kept = useStore()
  const { open, read, search, stream, fill, derived, archive } = kept

  it('keeps a closed day as Parquet, from which everything is found as before; then its errors', async () => {
    fill()
    kept.yard.put('socketserver', 'dev1', at(1600, 18), {
      message: 'odd \u0000 \ud800 \n',
      fields: { a: [null, 1e21] },
      seq: 3,
    })
    await open()
    const day = 'to=2026-11-19'
    const everything = await stream(day)
    const ids = (records: readonly ShownRecord[]) => records.map(({ id }) => id)
    const files = () => [
      ...new Set(everything.map(({ server, developer }) => kept.yard.file(server, developer, '2026-11-18'))),
    ]
    const sealed = (file: string, ending: string) =>
      join(archive(), file.slice(kept.yard.root.length).replace('/logs/', '/').replace('jsonl', ending))
    const queries = ['q=needle-7c1e', 'severity=error', `q=${encodeURIComponent('/load\\.ts:1:/')}`]
    const look = async () => {
      assert.deepEqual(await stream(day), everything.map(wellFormed))
      for (const query of queries) {
        const expected = everything.filter((record) => matchesQuestion(parse(query), record))
        assert.deepEqual(ids((await search(`${query}&${day}`)).found).reverse(), ids(expected), query)
      }
    }
    await kept.store.caughtUp
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

  it('makes anew what does not fit to the files: another version, another file, half a block', async () => {
    fill()
    await open()
    const expected = messages(await stream(''))
    await kept.store.close()
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
      await kept.store.close()
    }
    const file = kept.yard.file('socketserver', 'dev1', '2026-11-18')
    const text = readFileSync(file)
    rmSync(file)
    writeFileSync(file, text.subarray(0, text.indexOf(10) + 1))
    await open()
    assert.equal(messages(await stream('developer=dev1&server=socketserver&to=2026-11-19')).length, 1)
  })

  it('stays readable whatever lies in the files, and when they are cut or vanish', async () => {
    const file = kept.yard.file('socketserver', 'dev1', '2026-11-20')
    kept.yard.put('socketserver', 'dev1', at(1, 19), { message: 'one' })
    kept.yard.put('socketserver', 'dev1', at(1), { message: 'two' })
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
    kept.yard.put('socketserver', 'dev1', at(0), { message: 'earlier' })
    appendFileSync(file, '{"received":"2026')
    await open()
    const texts = messages((await read('')).records)
    assert.equal(texts.length, 10)
    assert.deepEqual([texts[0], texts[1], texts.at(-1)], ['one', 'two', 'earlier'])
    assert.equal(messages((await search('q=xxx')).found)[0]!.length, 64 * 1024)
    assert.deepEqual(messages(await stream('')), texts)
    const before = (await read('', 1)).before!
    truncateSync(file)
    kept.yard.put('socketserver', 'dev1', at(9), { message: 'anew' })
    assert.deepEqual(messages((await read('')).records), ['one', 'anew'])
    rmSync(file)
    assert.deepEqual(messages((await read('', 5, { before })).records), ['one'])
  })

  it('reads on behind a line whose fields are deeper than anything can render', async () => {
    kept.yard.put('socketserver', 'dev1', at(1), { message: 'deep', fields: { deep: [] } })
    const file = kept.yard.file('socketserver', 'dev1', '2026-11-20')
    writeFileSync(file, readFileSync(file, 'utf8').replace('[]', `${'['.repeat(30_000)}${']'.repeat(30_000)}`))
    kept.yard.put('socketserver', 'dev1', at(2), { message: 'behind' })
    await open()
    assert.deepEqual(messages((await read('')).records), ['deep', 'behind'])
    assert.deepEqual(messages((await search('-nothing')).found), ['behind', 'deep'])
  })
})
