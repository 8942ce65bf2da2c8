// What the viewer remembers by itself, across restarts.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createJudgements, stateAt } from './judgements.ts'
import { createKnownErrors } from './known-errors.ts'
import { createSearches, SEARCHES_MAX, whyNoName, whyNoQuery } from './searches.ts'
import { createStateFile } from './state-file.ts'

describe('what the viewer remembers', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgeyard-state-'))
    file = join(folder, 'state.json')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('is written whole, the newest of many at once', async () => {
    let count = 0
    const state = createStateFile(file, () => ({ count }))
    const writes = Array.from({ length: 100 }, () => {
      count++
      return state.write()
    })
    await Promise.all(writes)
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).count, 100)
    assert.equal((await state.read())?.count, 100)
  })

  it('of errors is what people have said of them, and that one came back', async () => {
    const at = Date.UTC(2026, 10, 20)
    const judgements = await createJudgements(file, () => at)
    await judgements.say('a', 'resolved', 'ana')
    await judgements.say('b', 'muted', 'ana')
    await judgements.say('c', 'muted', 'ana')
    await judgements.say('c', 'new', 'bob')
    const again = await createJudgements(file, () => at)
    assert.deepEqual(again.of('a'), { state: 'resolved', by: 'ana', at: '2026-11-20T00:00:00.000Z' })
    assert.equal(again.of('c'), null)
    const [before, after] = ['2026-11-19T23:59:59.000Z', '2026-11-20T00:00:01.000Z']
    assert.deepEqual(
      ['a', 'b', 'c'].map((one) => [stateAt(before, again.of(one)), stateAt(after, again.of(one))]),
      [
        ['resolved', 'back'],
        ['muted', 'muted'],
        ['new', 'new'],
      ],
    )
  })

  it('of searches is each person’s own, a bounded number', async () => {
    const searches = await createSearches(file)
    assert.equal(await searches.put('p1', { name: 'slow', query: 'q=slow' }), true)
    await searches.put('p1', { name: '__proto__', query: 'q=odd' })
    await searches.put('p2', { name: 'slow', query: 'q=other' })
    const again = await createSearches(file)
    assert.deepEqual(again.of('p2'), [{ name: 'slow', query: 'q=other' }])
    assert.deepEqual(
      again
        .of('p1')
        .map(({ name }) => name)
        .sort(),
      ['__proto__', 'slow'],
    )
    assert.deepEqual([await again.remove('p2', 'slow'), await again.remove('p2', 'slow')], [true, false])
    for (let i = 0; i < SEARCHES_MAX; i++) await again.put('p3', { name: `${i}`, query: '' })
    assert.equal(await again.put('p3', { name: 'more', query: '' }), false)
    assert.equal(await again.put('p3', { name: '7', query: 'q=new' }), true)
    for (const name of ['', ' ', 'a/b', 'a\u202eb', 'x'.repeat(81)]) assert.ok(whyNoName(name), name)
    assert.equal(whyNoName('Slow rooms: 5 ms'), undefined)
    assert.ok(whyNoQuery(5) && whyNoQuery('x'.repeat(2001)))
  })

  it('of groups that were seen is until when was looked', async () => {
    const known = await createKnownErrors(file)
    assert.equal(known.until, null)
    await known.add(['a', 'b'], '2026-11-20T00:00:00.000Z')
    const again = await createKnownErrors(file)
    assert.deepEqual([again.has('a'), again.has('c'), again.until], [true, false, '2026-11-20T00:00:00.000Z'])
  })
})
