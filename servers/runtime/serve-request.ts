// A request's way through nginx's phases: server rewrites → location → its rewrites → limits and access → try_files → content →
// error_page → filters → the reply → logs.
import { isStream } from '../transport/engine-exchange.ts'
import type { Exchange, Handshake, Sent, WireReply } from '../transport/port.ts'
import { acceptSocket } from './answer-socket.ts'
import { askedBy } from './asked.ts'
import type { Generation } from './generation.ts'
import { logFor } from './log-for.ts'
import { InternalRedirect, type Outcome } from './outcome.ts'
import { Page, page } from './pages.ts'
import type { ServerPlan } from './phases.ts'
import { keepVariables } from './rewrite/plan-rewrites.ts'
import { takeCaptures } from './rewrite/take-captures.ts'
import { beginRun, faultOf } from './script-run.ts'
import { ServedRequest } from './served-request.ts'

/** nginx's own number of rounds: rewrites that go in circles end with 500. */
const REDIRECTS_MAX = 10

/** Resolves when the reply has left, or a socket was accepted. Rejects only for a fault of ours. */
export async function serve(
  asked: Exchange | Handshake,
  generation: Generation,
  server: ServerPlan,
  port: number,
): Promise<void> {
  const { underWay } = generation
  underWay.begin()
  const request = new ServedRequest(askedBy(asked), generation, server, port)
  try {
    const named = server.captureName?.(asked.head.host)
    if (named !== undefined) takeCaptures(request, named)
    server.realIp?.(request)
    const outcome = await finalOutcome(request, 'reply' in asked ? undefined : asked)
    if (outcome === 'switched') logAtClose(request)
    else await conclude(request, outcome)
  } finally {
    underWay.end()
  }
}

/** Answers `ctx.call`: a reply with what its script's `headers` hook did to it, and without what is only done for a client. */
export async function answerInside(request: ServedRequest): Promise<Exclude<Final, 'switched'>> {
  const outcome = (await finalOutcome(request, undefined)) as Exclude<Final, 'switched'>
  if (typeof outcome === 'string' || request.run === undefined) return outcome
  try {
    return await request.run.headers(outcome)
  } catch (thrown) {
    const failure = await request.run.failed(thrown)
    return typeof failure === 'object' && 'body' in failure ? failure : page(500, request.id)
  }
}

type Final = Exclude<Outcome, InternalRedirect>

/** Goes round while the request is sent on inside. */
async function finalOutcome(request: ServedRequest, handshake: Handshake | undefined): Promise<Final> {
  const answered = request.server.rewrites?.(request)
  let outcome: Outcome | undefined = answered === 'last' ? undefined : answered
  outcome ??= locate(request)
  for (let rounds = 0; rounds <= REDIRECTS_MAX; rounds++) {
    outcome ??= await locationOutcome(request, handshake)
    outcome = withErrorPage(request, outcome)
    if (!(outcome instanceof InternalRedirect)) return withErrorStatus(request, outcome)
    outcome = redirect(request, outcome)
  }
  logFor(request, 'error', `rewrite or internal redirection cycle while processing "${request.uri}"`)
  return page(500, request.id)
}

function withErrorPage(request: ServedRequest, outcome: Outcome): Outcome {
  if (request.plan.errorPages === undefined || !isReply(outcome) || !isPageless(outcome)) return outcome
  return request.plan.errorPages(outcome.status, request) ?? outcome
}

/** The page of an error has the error's status; where there is no such page, what it fails with is sent, as in nginx. */
function withErrorStatus({ errorStatus: status }: ServedRequest, outcome: Final): Final {
  if (status === undefined || !isReply(outcome) || isPageless(outcome)) return outcome
  return { ...outcome, status }
}

function isReply(outcome: Outcome): outcome is WireReply {
  return typeof outcome !== 'string' && !(outcome instanceof InternalRedirect)
}

/** What has no page of its own: our pages, and what a script or `return` answers without a body. */
function isPageless(reply: WireReply): boolean {
  return reply.status >= 300 && (reply instanceof Page || reply.body === undefined)
}

/** Enters the location of the path; a reply when there is none. */
function locate(request: ServedRequest): WireReply | undefined {
  const found = request.server.find(request.uri, (captures) => takeCaptures(request, captures))
  const plan = found ?? request.server.base
  if (plan.location.internal && !request.internal) return page(404, request.id)
  request.plan = plan
  return undefined
}

function redirect(request: ServedRequest, { target }: InternalRedirect): WireReply | undefined {
  request.internal = true
  keepVariables(request)
  if ('named' in target) {
    const plan = request.server.named(target.named)
    if (plan === undefined) return page(404, request.id)
    request.plan = plan
    return undefined
  }
  request.uri = target.uri
  request.args = target.args
  return locate(request)
}

async function locationOutcome(request: ServedRequest, handshake: Handshake | undefined): Promise<Outcome> {
  const { plan } = request
  const answered = plan.rewrites?.(request)
  if (answered === 'last') return new InternalRedirect({ uri: request.uri, args: request.args })
  if (answered !== undefined) return answered
  // A call from inside was let in with the request that it is a part of.
  if (request.depth === 0) {
    for (const step of plan.access) {
      const status = await step(request)
      if (status !== undefined) return page(status, request.id)
    }
  }
  // A script that is stopped (`cpu_limit`) takes with it all that has called it: never the engine's own handler, which has returned behind this.
  const tried = await plan.tryFiles?.(request)
  if (tried !== undefined) return tried
  if (plan.location.handler.kind === 'script') {
    if (handshake !== undefined) return acceptSocket(handshake, request, concludeStopped)
    return beginRun(request, concludeStopped).answer()
  }
  return plan.files?.(request) ?? page(404, request.id)
}

/** A socket's line is written when it closes, as nginx does. */
function logAtClose(request: ServedRequest): void {
  request.status = 101
  const { accessLogs } = request.plan
  if (accessLogs.length > 0) {
    request.onEnd(() => {
      for (const log of accessLogs) log(request)
    })
  }
}

/** The script was stopped, and with it everything of ours that was waiting for it: the request goes on from here. */
function concludeStopped(request: ServedRequest, outcome: Promise<Outcome>): void {
  const { underWay } = request.generation
  void outcome
    .then((known) =>
      conclude(
        request,
        typeof known === 'object' && 'status' in known && !(known instanceof InternalRedirect)
          ? known
          : page(500, request.id),
      ),
    )
    .finally(() => underWay.end())
}

/** Sends the reply, and tells those who log it. */
async function conclude(request: ServedRequest, outcome: Exclude<Final, 'switched'>): Promise<void> {
  request.concluded = true
  let aborted = true
  if (outcome === 'gone') request.status = 499
  else if (outcome === 'close') {
    request.status = 444
    request.asked.destroy()
  } else aborted = await send(request, outcome)
  for (const log of request.plan.accessLogs) log(request)
  await request.run?.log(aborted)
  request.end()
}

/** Resolves with whether the client has gone before the end of the reply. */
async function send(request: ServedRequest, reply: WireReply): Promise<boolean> {
  let sending: Promise<Sent>
  try {
    let filtered: WireReply = reply
    for (const filter of request.plan.filters) {
      request.reply = filtered
      filtered = await filter(filtered, request)
    }
    request.reply = filtered
    request.status = filtered.status
    sending = request.asked.reply(filtered)
  } catch (thrown) {
    // Nothing was sent yet: a filter has thrown, or what was to be sent may not be sent. Its file is closed.
    if (isStream(reply.body)) reply.body.cancel().catch(() => {})
    const failure = request.run === undefined ? undefined : await request.run.failed(thrown)
    if (failure === 'gone') {
      request.status = 499
      return true
    }
    if (failure === undefined) report(request, thrown)
    sending = sendPlainly(request, typeof failure === 'object' && 'body' in failure ? failure : page(500, request.id))
  }
  try {
    const { bytes, aborted } = await sending
    request.bytes = bytes
    // As nginx: who went before the reply began got none.
    if (aborted && bytes === 0) request.status = 499
    return aborted
  } catch (thrown) {
    // Only a body that fails while it is read can have thrown by now; the connection is cut already.
    report(request, thrown, 'after the headers were sent')
    return true
  }
}

/** Without filters: one of them may be what has thrown. */
function sendPlainly(request: ServedRequest, reply: WireReply): Promise<Sent> {
  try {
    request.status = reply.status
    request.reply = reply
    return request.asked.reply(reply)
  } catch (thrown) {
    report(request, thrown)
    request.status = 500
    return request.asked.reply(page(500, request.id))
  }
}

function report(request: ServedRequest, thrown: unknown, note?: string): void {
  if (request.run !== undefined) {
    request.run.report(thrown, note)
    return
  }
  const of = faultOf(request, 'send')
  request.generation.services.faults.report(thrown, note === undefined ? of : { ...of, note })
}
