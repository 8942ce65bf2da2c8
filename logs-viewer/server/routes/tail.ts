// Records as they come, as server-sent events; `Last-Event-ID`, or `after`, is where a client that was away goes on.
import type { Gate } from '../../access/gate.ts'
import { createSelector } from '../../query/create-selector.ts'
import type { Question, Scope } from '../../query/question.ts'
import type { ShownRecord } from '../../query/wire.ts'
import type { RecordStore } from '../../store/record-store.ts'
import { beginEvents, refuse } from '../answer.ts'
import { BadRequest, type Route, readPlace, readQuestion } from '../route.ts'
import { CLIENTS_MAX, type TailClients } from '../tail-clients.ts'
import { LIMIT_MAX } from './records.ts'

/** Files are not in the exact order of arrival among each other, so a reconnect gets so much once more; ids tell what is known. */
const RESUME_OVERLAP_MS = 1000

const RETRY_AFTER_MS = 10_000

export function tailRoutes({
  gate,
  store,
  clients,
}: {
  gate: Gate
  store: RecordStore
  clients: TailClients
}): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/tail',
      async handle(ask) {
        const { request, response, parameters, scope, visitor } = ask
        if (clients.count >= CLIENTS_MAX)
          return refuse(response, 503, `${CLIENTS_MAX} browsers follow the log already`, RETRY_AFTER_MS)
        const question = readQuestion(ask)
        const last = request.headers['last-event-id']
        const after = readPlace(typeof last === 'string' ? last : parameters.get('after'), scope)
        const signal = gate.hold(visitor, response)
        if (signal === null) throw new BadRequest('You have too many tails open', 429)
        beginEvents(response)
        // Sources may come while it follows; whose they are is asked for each record.
        const select = createSelector(question)
        const client = clients.add((records) => select(records.filter(visitor.maySee)), response)
        signal.addEventListener('abort', () => client.cut())
        if (after === undefined) return client.release([], true)
        const missed = await readMissed(store, { question, scope, signal }, after)
        client.release(missed.records, missed.isComplete)
      },
    },
  ]
}

/** What arrived since this record, the newest of it. */
async function readMissed(
  store: RecordStore,
  asking: { question: Question; scope: Scope; signal: AbortSignal },
  after: string,
): Promise<{ records: readonly ShownRecord[]; isComplete: boolean }> {
  const { question, scope, signal } = asking
  const [known] = (await store.context(after, { before: 0, after: 0, scope, signal })) ?? []
  // It has gone with its day: what has come since cannot be told from what was known.
  if (known === undefined) return { records: [], isComplete: false }
  const since = new Date(Date.parse(known.received) - RESUME_OVERLAP_MS).toISOString()
  const from = question.from !== null && question.from > since ? question.from : since
  const page = await store.read({ question: { ...question, from }, scope, signal, limit: LIMIT_MAX })
  return { records: page.records, isComplete: page.before === null }
}
