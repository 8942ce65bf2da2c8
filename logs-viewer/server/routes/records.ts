// Records a page at a time, what stands around one, and how many there are over time.
import type { Gate } from '../../access/gate.ts'
import type { ContextReply, HistogramReply, RecordsReply } from '../../query/wire.ts'
import { BUCKETS_MAX } from '../../store/count-over-time.ts'
import type { RecordStore } from '../../store/record-store.ts'
import { sendJson } from '../answer.ts'
import { BadRequest, type Route, readCount, readPlace, readQuestion, TooMany, type VisitorsAsk } from '../route.ts'

export const LIMIT_DEFAULT = 200
export const LIMIT_MAX = 1000

const CONTEXT_DEFAULT = 20
const CONTEXT_MAX = 500

const BUCKETS_DEFAULT = 100

export function recordRoutes({ gate, store }: { gate: Gate; store: RecordStore }): readonly Route[] {
  /** A page is in memory until it is sent, and whoever asks for many need not read any. */
  const holdPage = ({ visitor, response }: VisitorsAsk) => {
    if (gate.hold(visitor, response, 'page') === null) throw new TooMany('pages of records')
  }
  return [
    {
      method: 'GET',
      path: '/api/records',
      async handle(ask) {
        const { response, parameters, scope, signal, patterns } = ask
        holdPage(ask)
        const page = await store.read({
          ...{ question: readQuestion(ask), scope, signal, patterns },
          limit: readCount(parameters.get('limit'), { normally: LIMIT_DEFAULT, atMost: LIMIT_MAX }),
          before: readPlace(parameters.get('before'), scope),
          after: readPlace(parameters.get('after'), scope),
        })
        sendJson(response, 200, { ...page, sources: scope } satisfies RecordsReply)
      },
    },
    {
      method: 'GET',
      path: '/api/context',
      async handle(ask) {
        const { response, parameters, scope, signal } = ask
        holdPage(ask)
        const id = readPlace(parameters.get('id'), scope)
        if (id === undefined) throw new BadRequest('id has to be a record’s id')
        const count = (name: string) =>
          readCount(parameters.get(name), { normally: CONTEXT_DEFAULT, atLeast: 0, atMost: CONTEXT_MAX })
        const records = await store.context(id, { before: count('before'), after: count('after'), scope, signal })
        if (records === null) throw new BadRequest('There is no such record any more', 404)
        sendJson(response, 200, { records } satisfies ContextReply)
      },
    },
    {
      method: 'GET',
      path: '/api/histogram',
      async handle(ask) {
        const { response, parameters, scope, signal, patterns } = ask
        const buckets = readCount(parameters.get('buckets'), { normally: BUCKETS_DEFAULT, atMost: BUCKETS_MAX })
        const reply = await store.histogram({ question: readQuestion(ask), scope, signal, patterns }, buckets)
        sendJson(response, 200, reply satisfies HistogramReply)
      },
    },
  ]
}
