// Hits as they are found, as server-sent events. Whoever goes away stops the search.
import type { Gate } from '../../access/gate.ts'
import { SlowPatternError } from '../../query/create-selector.ts'
import type { SearchEvents } from '../../query/wire.ts'
import type { RecordStore } from '../../store/record-store.ts'
import { beginEvents, renderEvent } from '../answer.ts'
import { BadRequest, type Route, readCount, readPlace, readQuestion } from '../route.ts'
import { LIMIT_DEFAULT, LIMIT_MAX } from './records.ts'

/** A search that runs on has found what a person can read by then; where it is is told, and `before` goes on. */
const SEARCH_DEADLINE_MS = 120_000

export function searchRoutes({ gate, store }: { gate: Gate; store: RecordStore }): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/search',
      async handle(ask) {
        const { response, parameters, scope, visitor } = ask
        const question = readQuestion(ask)
        const limit = readCount(parameters.get('limit'), { normally: LIMIT_DEFAULT, atMost: LIMIT_MAX })
        const [before, after] = ['before', 'after'].map((name) => readPlace(parameters.get(name), scope))
        const held = gate.hold(visitor, response)
        if (held === null) throw new BadRequest('You have too many searches and tails open', 429)
        const signal = AbortSignal.any([held, AbortSignal.timeout(SEARCH_DEADLINE_MS)])
        beginEvents(response)
        const tell = (events: Partial<SearchEvents>) => {
          for (const [event, data] of Object.entries(events)) {
            if (data !== undefined && !signal.aborted) response.write(renderEvent(event, data))
          }
        }
        try {
          await store.search({ question, scope, signal, limit, before, after }, tell)
        } catch (error) {
          if (!signal.aborted && !(error instanceof SlowPatternError)) throw error
          if (!held.aborted) {
            const late = `It has taken more than ${SEARCH_DEADLINE_MS / 1000} seconds`
            const stopped = error instanceof SlowPatternError ? error.message : late
            response.write(renderEvent('done', { before: null, stopped } satisfies SearchEvents['done']))
          }
        }
        response.end()
      },
    },
  ]
}
