// A WebSocket handshake on a script's location: `upgrade` decides, then the socket has a session.
import type { Reply } from '../contract/script.ts'
import type { Handshake, SocketLimits, WireReply } from '../transport/port.ts'
import { createRequestContext, faultOf, type ScriptAnswering } from './answer-script.ts'
import { askedBy } from './asked.ts'
import { toError } from './describe-thrown.ts'
import { HeadRequest } from './edge-request.ts'
import { page } from './pages.ts'
import { looksLikeReply, toWireReply, withRequestId } from './reply.ts'
import { nextRequestId } from './request-id.ts'
import type { ScriptHooks } from './script-hooks.ts'
import { SocketSession } from './socket-session.ts'

const ID_LENGTH_MAX = 128

/** Resolves when the socket is accepted or the reply has left. Never rejects for what a script does. */
export async function acceptSocket(handshake: Handshake, answering: ScriptAnswering): Promise<void> {
  const { services, source, route } = answering
  const asked = askedBy(handshake)
  const id = nextRequestId()
  const ctx = createRequestContext(asked, answering, id)
  let hooks: () => ScriptHooks = () => ({})
  try {
    hooks = source.open()
    if (hooks().message === undefined) {
      await handshake.refuse(page(404, id))
      return
    }
    const { head } = handshake
    const request = new HeadRequest({ head, body: () => asked.body(0), signal: () => ctx.signal })
    const upgrade = hooks().upgrade
    const answer = upgrade === undefined ? { data: undefined } : parseAnswer(await hooks().upgrade!(request, ctx))
    if ('status' in answer) {
      await handshake.refuse(withRequestId(answer, id))
      return
    }
    const session = new SocketSession({ answering, hooks, ctx, head, request, id, ...answer })
    const protocol = answer.protocol === undefined ? {} : { protocol: answer.protocol }
    handshake.accept({ hold: session, limits: limitsOf(route.location), ...protocol })
  } catch (thrown) {
    services.faults.report(thrown, faultOf(handshake, answering, id, 'upgrade'))
    await handshake.refuse((await errorReply(hooks, thrown)) ?? page(500, id))
  }

  async function errorReply(live: () => ScriptHooks, thrown: unknown): Promise<WireReply | undefined> {
    try {
      const reply = await live().error?.(toError(thrown), ctx)
      return reply === undefined ? undefined : withRequestId(toWireReply(reply, 'error'), id)
    } catch (second) {
      services.faults.report(second, faultOf(handshake, answering, id, 'error'))
      return undefined
    }
  }
}

interface Accepted {
  readonly data: unknown
  readonly protocol?: string
  readonly id?: string
}

function parseAnswer(answer: Accepted | Reply): Accepted | WireReply {
  if (typeof answer !== 'object' || answer === null) {
    throw new TypeError('"upgrade" must return { data } to accept a socket, or a reply to refuse it')
  }
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

function limitsOf(location: SocketLimits): SocketLimits {
  const { maxPayloadBytes, maxBackpressureBytes, idleTimeoutS } = location
  return { maxPayloadBytes, maxBackpressureBytes, idleTimeoutS }
}
