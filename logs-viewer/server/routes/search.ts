// Hits as they are found, as server-sent events. Whoever goes away stops the search.
import { once } from 'node:events'
import type { Gate } from '../../access/gate.ts'
import type { SearchEvents } from '../../query/wire.ts'
import type { RecordStore } from '../../store/record-store.ts'
import { beginEvents, renderEvent } from '../answer.ts'
import { BadRequest, type Route, readCount, readPlace, readQuestion, TooMany } from '../route.ts'
import { LIMIT_DEFAULT, LIMIT_MAX } from './records.ts'

/** A search that runs on has found what a person can read by then; where it is is told, and `before` goes on. */
const SEARCH_DEADLINE_MS = 120_000

export function searchRoutes({ gate, store }: { gate: Gate; store: RecordStore }): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/search',
      async handle(ask) {
        const { response, parameters, scope, visitor, patterns } = ask
        const question = readQuestion(ask)
        const limit = readCount(parameters.get('limit'), { normally: LIMIT_DEFAULT, atMost: LIMIT_MAX })
        const before = readPlace(parameters.get('before'), scope)
        if (parameters.has('after'))
          throw new BadRequest('A search goes towards the past: it has a before, and no after')
        const signal = gate.hold(visitor, response)
        if (signal === null) throw new TooMany('searches and tails')
        const late = new AbortController()
        const timer = setTimeout(() => {
          late.abort(new Error(`It has taken more than ${SEARCH_DEADLINE_MS / 1000} seconds`))
        }, SEARCH_DEADLINE_MS)
        beginEvents(response)
        const tell = async (events: Partial<SearchEvents>) => {
          for (const [event, data] of Object.entries(events)) {
            const isRoom = signal.aborted || response.write(renderEvent({ event }, data))
            if (!isRoom) await once(response, 'drain', { signal })
          }
        }
        try {
          await store.search({ question, scope, signal, patterns, late: late.signal, limit, before }, tell)
        } catch (error) {
          if (!signal.aborted) throw error
        } finally {
          clearTimeout(timer)
        }
        response.end()
      },
    },
  ]
}
