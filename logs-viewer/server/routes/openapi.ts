// The description of the API, for programs.
import { OPENAPI } from '../../openapi/openapi.ts'
import { sendJson } from '../answer.ts'
import type { Route } from '../route.ts'

export const openapiRoute: Route = {
  method: 'GET',
  path: '/api/openapi.json',
  handle: ({ response }) => sendJson(response, 200, OPENAPI),
}
