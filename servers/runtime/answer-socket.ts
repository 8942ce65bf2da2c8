// A WebSocket handshake on a script's location: `upgrade` decides, then the socket has a session.
import type { Reply } from '../contract/script.ts'
import type { Handshake, SocketLimits, WireReply } from '../transport/port.ts'
import { HeadRequest } from './edge-request.ts'
import { requestFields } from './faults.ts'
import { InternalRedirect, type Outcome } from './outcome.ts'
import { page } from './pages.ts'
import { looksLikeReply, toWireReply, withRequestId } from './reply.ts'
import { foreignOrigin } from './script/origin-check.ts'
import type { ScriptHooks } from './script-hooks.ts'
import { beginRun, type ScriptRun } from './script-run.ts'
import { type ServedRequest, shownServer } from './served-request.ts'
import { SocketSession } from './socket-session.ts'
import { pending } from './thenable.ts'

const ID_LENGTH_MAX = 128

/** Resolves when the socket is accepted, or with the reply that refuses it. Never rejects for what a script does. */
export async function acceptSocket(
  handshake: Handshake,
  request: ServedRequest,
  conclude: ScriptRun['conclude'],
): Promise<Outcome> {
  const run = beginRun(request, conclude)
  try {
    const hooks = run.open()
    if (hooks().message === undefined) return page(404, request.id)
    const foreign = foreignOrigin(request.plan.location.websocketOrigins, request.head)
    if (foreign !== undefined) return refuseOrigin(request, foreign)
    run.phase = 'upgrade'
    const upgrading = upgrade(hooks(), request, run)
    const answer = upgrading === undefined ? { data: undefined } : parseAnswer(await upgrading)
    if (answer instanceof InternalRedirect) return answer
    if ('status' in answer) return withRequestId(answer, request.id)
    const session = new SocketSession({
      request,
      hooks,
      ctx: run.ctx,
      ...answer,
      id: answer.id ?? request.id,
    })
    const protocol = answer.protocol === undefined ? {} : { protocol: answer.protocol }
    const { location } = request.plan
    const compression = location.websocketCompression
    const accepted = handshake.accept({ hold: session, limits: limitsOf(location), compression, ...protocol })
    if (accepted) request.settle(session)
    return accepted ? 'switched' : 'gone'
  } catch (thrown) {
    return run.failed(thrown)
  }
}

type Answer = Accepted | Reply

/** Undefined without the hook. */
function upgrade(hooks: ScriptHooks, request: ServedRequest, run: ScriptRun): Answer | Promise<Answer> | undefined {
  if (hooks.upgrade === undefined) return undefined
  const answer = run.call(hooks.upgrade, new HeadRequest(request, run.ctx))
  const waiting = pending(answer)
  return waiting === undefined ? (answer as Answer) : run.inTime(waiting as Promise<Answer>)
}

function refuseOrigin(request: ServedRequest, origin: string): Outcome {
  request.generation.services.logger.write({
    severity: 'warn',
    message: `socket refused: the origin "${origin}" is not allowed by websocket_origin`,
    request: request.id,
    fields: requestFields({ head: request.head, server: shownServer(request.plan.server) }),
  })
  return page(403, request.id)
}

interface Accepted {
  readonly data: unknown
  readonly protocol?: string
  readonly id?: string
}

function parseAnswer(answer: Accepted | Reply): Accepted | WireReply | InternalRedirect {
  if (typeof answer !== 'object' || answer === null) {
    throw new TypeError('"upgrade" must return { data } to accept a socket, or a reply to refuse it')
  }
  if (answer instanceof InternalRedirect) return answer
  if (looksLikeReply(answer)) return toWireReply(answer, 'upgrade')
  if (!('data' in answer)) throw new TypeError('"upgrade" returned neither { data } nor a reply')
  const { data, protocol, id } = answer as Accepted
  if (protocol !== undefined && typeof protocol !== 'string')
    throw new TypeError('"upgrade" returned a protocol that is no string')
  if (id !== undefined && (typeof id !== 'string' || id === '' || id.length > ID_LENGTH_MAX)) {
    throw new TypeError(`"upgrade" returned an id that is not a string of 1 to ${ID_LENGTH_MAX} characters`)
  }
  return { data, ...(protocol === undefined ? {} : { protocol }), ...(id === undefined ? {} : { id }) }
}

/** One for all sockets of a location. */
const limits = new WeakMap<SocketLimits, SocketLimits>()

function limitsOf(location: SocketLimits): SocketLimits {
  let of = limits.get(location)
  if (of === undefined) {
    const { maxPayloadBytes, maxBackpressureBytes, idleTimeoutS } = location
    of = { maxPayloadBytes, maxBackpressureBytes, idleTimeoutS }
    limits.set(location, of)
  }
  return of
}
