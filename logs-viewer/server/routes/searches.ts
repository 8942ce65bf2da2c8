// Searches with a name, each login's own.
import type { SavedSearch } from '../../query/wire.ts'
import { SEARCHES_MAX, type Searches, whyNoName, whyNoQuery } from '../../state/searches.ts'
import { sendJson } from '../answer.ts'
import { BadRequest, type Route } from '../route.ts'

export function searchesRoutes(searches: Searches): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/searches',
      handle({ response, visitor }) {
        sendJson(response, 200, searches.of(visitor.person) satisfies readonly SavedSearch[])
      },
    },
    {
      method: 'PUT',
      path: '/api/searches/{name}',
      async handle({ response, visitor, name, body }) {
        const wrong = whyNoName(name) ?? whyNoQuery(body.query)
        if (wrong !== undefined) throw new BadRequest(wrong)
        const search: SavedSearch = { name, query: body.query as string }
        if (!(await searches.put(visitor.person, search)))
          throw new BadRequest(`You have ${SEARCHES_MAX} searches already`, 409)
        sendJson(response, 200, search)
      },
    },
    {
      method: 'DELETE',
      path: '/api/searches/{name}',
      async handle({ response, visitor, name }) {
        if (!(await searches.remove(visitor.person, name))) throw new BadRequest('There is no such search', 404)
        sendJson(response, 200, {})
      },
    },
  ]
}
