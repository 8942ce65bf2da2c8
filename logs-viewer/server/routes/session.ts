// Login and logout.
import type { Gate, Visitor } from '../../access/gate.ts'
import type { Session } from '../../query/wire.ts'
import type { RecordStore } from '../../store/record-store.ts'
import { refuseVisitor, sendJson } from '../answer.ts'
import { BadRequest, type Route } from '../route.ts'

/** Of a token, which ends when another is issued. */
const NEVER = '9999-12-31T23:59:59.999Z'

export function sessionRoutes({ gate, store }: { gate: Gate; store: RecordStore }): readonly Route[] {
  const sessionOf = ({ who, expiresMs, maySee }: Visitor): Session => ({
    who,
    sources: store.sources().filter(maySee),
    expires: expiresMs === null ? NEVER : new Date(expiresMs).toISOString(),
  })
  return [
    {
      method: 'POST',
      path: '/api/login',
      open: true,
      async handle({ request, response, body }) {
        if (typeof body.token !== 'string') throw new BadRequest('token has to be a text')
        const visitor = await gate.login(request, response, body.token.trim())
        if ('status' in visitor) refuseVisitor(response, visitor)
        else sendJson(response, 200, sessionOf(visitor))
      },
    },
    {
      method: 'GET',
      path: '/api/session',
      async handle({ request, response, visitor }) {
        sendJson(response, 200, sessionOf(await gate.renew(request, response, visitor)))
      },
    },
    {
      method: 'POST',
      path: '/api/logout',
      async handle({ request, response, visitor }) {
        await gate.logout(request, response, visitor)
        sendJson(response, 200, {})
      },
    },
  ]
}
