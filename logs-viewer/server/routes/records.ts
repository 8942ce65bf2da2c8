// Records a page at a time, what stands around one, and how many there are over time.
import type { ContextReply, HistogramReply, RecordsReply } from '../../query/wire.ts'
import type { RecordStore } from '../../store/record-store.ts'
import { sendJson } from '../answer.ts'
import { BadRequest, type Route, readCount, readPlace, readQuestion } from '../route.ts'

export const LIMIT_DEFAULT = 200
export const LIMIT_MAX = 1000

const CONTEXT_DEFAULT = 20
const CONTEXT_MAX = 500

/** Finer than the pixels of a screen is for nobody. */
const BUCKETS_DEFAULT = 100
const BUCKETS_MAX = 2_000

export function recordRoutes(store: RecordStore): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/records',
      async handle(ask) {
        const { response, parameters, scope, signal } = ask
        const page = await store.read({
          ...{ question: readQuestion(ask), scope, signal },
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
      async handle({ response, parameters, scope, signal }) {
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
        const { response, parameters, scope, signal } = ask
        const buckets = readCount(parameters.get('buckets'), { normally: BUCKETS_DEFAULT, atMost: BUCKETS_MAX })
        const reply = await store.histogram({ question: readQuestion(ask), scope, signal }, buckets)
        sendJson(response, 200, reply satisfies HistogramReply)
      },
    },
  ]
}
