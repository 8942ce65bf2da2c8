import assert from 'node:assert/strict'
import { fingerprintOf } from '../../query/fingerprint.ts'
import type { ErrorGroup, ShownRecord } from '../../query/wire.ts'
import { createJudgements } from '../../state/judgements.ts'
import type { RecordStore } from '../../store/record-store.ts'
import { BadRequest, type VisitorsAsk } from '../route.ts'
import { errorRoutes } from './errors.ts'

const SOURCE = { developer: 'dev1', server: 'socketserver' }
const RECORD: ShownRecord = {
  ...{ ...SOURCE, id: 'dev1/socketserver/2026-11-20:7', time: '2026-11-20T12:00:00.000Z', severity: 'error' },
  ...{ received: '2026-11-20T12:00:00.001Z', message: 'No such room', release: '4f2a' },
}

describe('what is said of a group of errors, by one of its records', () => {
  const say = async (record: ShownRecord, fingerprint: string, state: string) => {
    const store = {
      context: async () => [record],
      errors: () => assert.fail('goes through all errors there are'),
    } as unknown as RecordStore
    const judgements = await createJudgements(null, () => Date.parse('2026-11-20T13:00:00.000Z'))
    const post = errorRoutes({ store, judgements, audit: () => {} }).find(({ method }) => method === 'POST')!
    const answered: string[] = []
    const response = { writeHead: () => ({ end: (text: string) => answered.push(text) }) }
    await post.handle({
      ...{ request: { socket: {} }, response, body: { state, lastId: record.id }, name: fingerprint },
      ...{ visitor: { who: 'dev1' }, scope: [SOURCE], signal: new AbortController().signal },
    } as unknown as VisitorsAsk)
    return JSON.parse(answered[0]!) as ErrorGroup
  }

  it('counts, however many other groups there are', async () => {
    const group = await say(RECORD, fingerprintOf(RECORD), 'resolved')
    const { state, by, count, lastId, firstRelease } = group
    assert.deepEqual(
      { state, by, count, lastId, firstRelease },
      { state: 'resolved', by: 'dev1', count: 1, lastId: RECORD.id, firstRelease: '4f2a' },
    )
  })

  it('is refused when the record is of another group, or no error', async () => {
    const refused = (error: unknown) => error instanceof BadRequest && error.status === 404
    await assert.rejects(say(RECORD, '4f2a91c8e0124f2a', 'muted'), refused)
    const harmless: ShownRecord = { ...RECORD, severity: 'warn' }
    await assert.rejects(say(harmless, fingerprintOf(harmless), 'muted'), refused)
  })
})
