// Records as they come, as server-sent events; `Last-Event-ID`, or `after`, is where a client that was away goes on.
import type { Gate } from '../../access/gate.ts'
import { createSelector, SlowPatternError } from '../../query/create-selector.ts'
import { CALL_MS, createPatternBudgets, type PatternTime } from '../../query/pattern-budget.ts'
import type { ShownRecord } from '../../query/wire.ts'
import type { Asking, RecordStore } from '../../store/record-store.ts'
import { beginEvents, refuse } from '../answer.ts'
import { type Route, readPlace, readQuestion, TooMany } from '../route.ts'
import { CLIENTS_MAX, type TailClients, WAITING_BYTES_MAX } from '../tail-clients.ts'
import { LIMIT_MAX } from './records.ts'

/** Files are not in the exact order of arrival among each other, so a reconnect gets so much once more; ids tell what is known. */
const RESUME_OVERLAP_MS = 1000

const RETRY_AFTER_MS = 10_000

/** For the patterns of all tails of one person: everybody waits while records are compared with them. */
const TAIL_PATTERNS: PatternTime = { burstMs: 1_000, share: 0.05, freeMs: CALL_MS }

export function tailRoutes({
  gate,
  store,
  clients,
}: {
  gate: Gate
  store: RecordStore
  clients: TailClients
}): readonly Route[] {
  const budgetOf = createPatternBudgets(TAIL_PATTERNS)
  return [
    {
      method: 'GET',
      path: '/api/tail',
      async handle(ask) {
        const { request, response, parameters, scope, visitor, patterns } = ask
        if (clients.count >= CLIENTS_MAX)
          return refuse(response, 503, `${CLIENTS_MAX} browsers follow the log already`, RETRY_AFTER_MS)
        const question = readQuestion(ask)
        const last = request.headers['last-event-id']
        const after = readPlace(typeof last === 'string' ? last : parameters.get('after'), scope)
        const signal = gate.hold(visitor, response)
        if (signal === null) throw new TooMany('tails')
        beginEvents(response)
        // Sources may come while it follows; whose they are is asked for each record.
        const select = createSelector(question, budgetOf(visitor.person))
        const client = clients.add((records) => select(records.filter(visitor.maySee)), response)
        signal.addEventListener('abort', () => client.cut())
        if (after === undefined) return client.release([], true)
        try {
          const missed = await readMissed(store, { question, scope, signal, patterns }, after)
          client.release(missed.records, missed.isComplete)
        } catch (error) {
          if (!(error instanceof SlowPatternError)) throw error
          client.refuse(error.message)
        }
      },
    },
  ]
}

/** What arrived since this record, the newest of it. */
async function readMissed(
  store: RecordStore,
  asking: Asking,
  after: string,
): Promise<{ records: readonly ShownRecord[]; isComplete: boolean }> {
  const { question, scope, signal } = asking
  const [known] = (await store.context(after, { before: 0, after: 0, scope, signal })) ?? []
  // It has gone with its day: what has come since cannot be told from what was known.
  if (known === undefined) return { records: [], isComplete: false }
  const since = new Date(Date.parse(known.received) - RESUME_OVERLAP_MS).toISOString()
  const from = question.from !== null && question.from > since ? question.from : since
  const wanted = { ...asking, question: { ...question, from } }
  const page = await store.read({ ...wanted, limit: LIMIT_MAX, charactersMax: WAITING_BYTES_MAX })
  return { records: page.records, isComplete: page.before === null }
}
