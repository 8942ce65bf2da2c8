import assert from 'node:assert/strict'
import { appendFileSync, rmSync } from 'node:fs'
import type { Filter } from '../query/filter.ts'
import { readCursor } from './backward-stream.ts'
import { listLogFolders } from './log-files.ts'
import { readNewestRecords } from './newest-records.ts'
import { createYardFixture, type YardFixture } from './yard.fixture.ts'

describe('readNewestRecords', () => {
  let yard: YardFixture
  beforeEach(() => {
    yard = createYardFixture()
  })
  afterEach(() => yard.remove())

  const at = (second: number, day = 20) => new Date(Date.UTC(2026, 10, day, 12, 0, second)).toISOString()

  const read = async (limit: number, before: string | null = null, filter: Filter = {}) => {
    const folders = await listLogFolders(yard.root)
    const cursor = before === null ? undefined : await readCursor(folders, before)
    return readNewestRecords(folders, { filter, limit, before: cursor })
  }

  const readAll = async (limit: number, filter: Filter = {}) => {
    const messages: string[] = []
    let before: string | null = null
    do {
      const newest = await read(limit, before, filter)
      messages.unshift(...newest.records.map(({ message }) => message))
      before = newest.before
    } while (before !== null)
    return messages
  }

  it('answers with nothing when there is nothing', async () => {
    assert.deepEqual(await read(10), { records: [], before: null })
  })

  it('merges sandboxes and days by the time of arrival, the newest last', async () => {
    yard.put('socketserver', 'dev1', at(1, 19))
    yard.put('socketserver', 'dev1', at(2, 20))
    yard.put('redis', 'dev2', at(3, 19))
    yard.put('redis', 'dev2', at(1, 20))
    const { records, before } = await read(10)
    assert.deepEqual(
      records.map(({ id, received }) => [id, received]),
      [
        ['dev1/socketserver/2026-11-19:0', at(1, 19)],
        ['dev2/redis/2026-11-19:0', at(3, 19)],
        ['dev2/redis/2026-11-20:0', at(1, 20)],
        ['dev1/socketserver/2026-11-20:0', at(2, 20)],
      ],
    )
    assert.equal(before, null)
  })

  it('goes on where an answer ended, each record once, also among those of one millisecond', async () => {
    const all: string[] = []
    for (let i = 0; i < 120; i++) {
      const [server, developer] = [['socketserver', 'redis'][i % 2]!, ['dev1', 'dev2', 'master'][i % 3]!]
      const message = `record ${i}`
      all.push(message)
      yard.put(server, developer, at(Math.floor(i / 10), i < 60 ? 19 : 20), { message })
    }
    for (const limit of [1, 7, 50, 120, 1000]) {
      const messages = await readAll(limit)
      assert.deepEqual([...messages].sort(), [...all].sort(), `each once, by ${limit}`)
      assert.deepEqual(messages, await readAll(1000), `in the same order, by ${limit}`)
    }
  })

  it('finds its place again in long files', async () => {
    const all: string[] = []
    for (let i = 0; i < 3000; i++) {
      const message = `record ${i}`
      all.push(message)
      yard.put('socketserver', i % 2 === 0 ? 'dev1' : 'dev2', at(i), { message, filler: 'x'.repeat(600) })
    }
    assert.deepEqual(await readAll(700), all)
  })

  it('shows only what the filter wants, and reads no other folders', async () => {
    yard.put('socketserver', 'dev1', at(1), { message: 'one', severity: 'error' })
    yard.put('socketserver', 'dev1', at(2), { message: 'two' })
    yard.put('socketserver', 'dev2', at(3), { message: 'three', severity: 'error' })
    yard.put('redis', 'dev1', at(4), { message: 'four', severity: 'emerg' })
    assert.deepEqual(await readAll(10, { developer: 'dev1', severity: 'error' }), ['one', 'four'])
    assert.deepEqual(await readAll(1, { server: 'socketserver', text: 't' }), ['two', 'three'])
  })

  it('stays readable when files vanish, are cut, and hold what is no record', async () => {
    yard.put('socketserver', 'dev1', at(1, 19), { message: 'one' })
    yard.put('socketserver', 'dev1', at(1, 20), { message: 'two' })
    yard.put('socketserver', 'dev1', at(2, 20), { message: 'three' })
    appendFileSync(yard.file('socketserver', 'dev1', '2026-11-20'), 'no json\n{"received":"2026')
    const { records, before } = await read(2)
    assert.deepEqual(records.map(({ message }) => message).sort(), ['no json', 'three'])
    rmSync(yard.file('socketserver', 'dev1', '2026-11-20'))
    assert.deepEqual(
      (await read(10, before)).records.map(({ message }) => message),
      ['one'],
    )
  })

  it('sees no folder that could not be a developer’s', async () => {
    yard.put('socketserver', 'dev1', at(1))
    yard.put('elsewhere', 'dev1', at(1))
    yard.put('socketserver', 'Not-A-Name', at(1))
    assert.equal((await read(10)).records.length, 1)
  })
})
