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
import { keptId } from './request-id.ts'
import { keepVariables } from './rewrite/plan-rewrites.ts'
import { takeCaptures } from './rewrite/take-captures.ts'
import { codeAsksForIp } from './script/asks-for-ip.ts'
import { beginRun, faultOf } from './script-run.ts'
import { ServedRequest } from './served-request.ts'

/** nginx's own number of rounds: rewrites that go in circles end with 500. */
const REDIRECTS_MAX = 10

/**
 * Done when the reply has left, or a socket was accepted: at once where nothing has to be waited for, which costs no promise.
 * Throws or rejects only for a fault of ours.
 */
export function serve(
  asked: Exchange | Handshake,
  generation: Generation,
  server: ServerPlan,
  port: number,
): Promise<void> | undefined {
  const { underWay } = generation
  underWay.begin()
  let serving: Promise<void> | undefined
  try {
    const request = new ServedRequest(askedBy(asked), generation, server, port)
    if (!('reply' in asked)) request.id = keptId(request.id)
    const named = server.captureName?.(asked.head.host)
    if (named !== undefined) takeCaptures(request, named)
    server.realIp?.(request)
    // A handshake on a stack of its own: a script that is stopped takes with it what called it.
    const outcome =
      'reply' in asked
        ? finalOutcome(request, undefined)
        : Promise.resolve(asked).then((one) => finalOutcome(request, one))
    serving = outcome instanceof Promise ? outcome.then((late) => conclude(request, late)) : conclude(request, outcome)
    return serving?.finally(() => underWay.end())
  } finally {
    if (serving === undefined) underWay.end()
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
function finalOutcome(request: ServedRequest, handshake: Handshake | undefined): Final | Promise<Final> {
  const answered = request.server.rewrites?.(request)
  const outcome = (answered === 'last' ? undefined : answered) ?? locate(request) ?? locationOutcome(request, handshake)
  return settled(request, handshake, outcome, 0)
}

function settled(
  request: ServedRequest,
  handshake: Handshake | undefined,
  coming: Outcome | Promise<Outcome>,
  rounds: number,
): Final | Promise<Final> {
  if (coming instanceof Promise) return coming.then((outcome) => settled(request, handshake, outcome, rounds))
  const outcome = withErrorPage(request, coming)
  if (!(outcome instanceof InternalRedirect)) return withErrorStatus(request, outcome)
  if (rounds < REDIRECTS_MAX) {
    const next = redirect(request, outcome) ?? locationOutcome(request, handshake)
    return settled(request, handshake, next, rounds + 1)
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

function locationOutcome(request: ServedRequest, handshake: Handshake | undefined): Outcome | Promise<Outcome> {
  const { plan } = request
  const answered = plan.rewrites?.(request)
  if (answered === 'last') return new InternalRedirect({ uri: request.uri, args: request.args })
  if (answered !== undefined) return answered
  if (plan.access.length > 0) return admitted(request, handshake)
  return plan.tryFiles?.(request) ?? content(request, handshake)
}

async function admitted(request: ServedRequest, handshake: Handshake | undefined): Promise<Outcome> {
  const { plan } = request
  // A call from inside was let in with the request that it is a part of.
  if (request.depth === 0) {
    for (const step of plan.access) {
      const answer = step(request)
      const status = answer instanceof Promise ? await answer : answer
      if (status !== undefined) return page(status, request.id)
    }
  }
  return plan.tryFiles?.(request) ?? content(request, handshake)
}

/** A script that is stopped (`cpu_limit`) takes with it all that has called it, the transport's handler too, which is told so. */
function content(request: ServedRequest, handshake: Handshake | undefined): Outcome | Promise<Outcome> {
  const { location, files } = request.plan
  if (location.handler.kind === 'script') {
    if (handshake !== undefined) return acceptSocket(handshake, request, concludeStopped)
    return beginRun(request, concludeStopped).answer()
  }
  return files?.(request) ?? page(404, request.id)
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
function conclude(request: ServedRequest, outcome: Final): Promise<void> | undefined {
  let aborted: boolean | Promise<boolean> = true
  if (outcome === 'switched') {
    logAtClose(request)
    return undefined
  }
  request.concluded = true
  if (isAddressWanted(request)) void request.ip
  if (outcome === 'gone') request.status = 499
  else if (outcome === 'close') {
    request.status = 444
    if (isAddressWanted(request)) void request.ip
    request.asked.destroy()
  } else aborted = send(request, outcome)
  return aborted instanceof Promise ? aborted.then((late) => told(request, late)) : told(request, aborted)
}

function told(request: ServedRequest, aborted: boolean): Promise<void> | undefined {
  for (const log of request.plan.accessLogs) log(request)
  const logged = request.run?.log(aborted)
  if (logged !== undefined) return logged.then(() => request.end())
  request.end()
  return undefined
}

/** Says whether the client has gone before the end of the reply. */
function send(request: ServedRequest, reply: WireReply): boolean | Promise<boolean> {
  let sending: Sent | Promise<Sent>
  try {
    const filtered = passed(request, reply, 0)
    if (filtered instanceof Promise) return sendFiltered(request, reply, filtered)
    sending = handOver(request, filtered)
  } catch (thrown) {
    return sendFailure(request, reply, thrown)
  }
  return sending instanceof Promise ? over(request, sending) : left(request, sending)
}

/** By somebody who may come after the reply. */
function isAddressWanted({ plan, run }: ServedRequest): boolean {
  return plan.accessLogs.length > 0 || (run !== undefined && (run.logs || codeAsksForIp()))
}

/** Through the filters, from one on. */
function passed(request: ServedRequest, reply: WireReply, from: number): WireReply | Promise<WireReply> {
  const { filters } = request.plan
  let filtered = reply
  for (let i = from; i < filters.length; i++) {
    request.reply = filtered
    const result = filters[i]!(filtered, request)
    if (result instanceof Promise) return result.then((late) => passed(request, late, i + 1))
    filtered = result
  }
  return filtered
}

function handOver(request: ServedRequest, reply: WireReply): Sent | Promise<Sent> {
  request.status = reply.status
  request.reply = reply
  if (isStream(reply.body)) request.beginBody()
  return request.asked.reply(reply)
}

async function sendFiltered(request: ServedRequest, reply: WireReply, coming: Promise<WireReply>): Promise<boolean> {
  let sending: Sent | Promise<Sent>
  try {
    sending = handOver(request, await coming)
  } catch (thrown) {
    return sendFailure(request, reply, thrown)
  }
  return over(request, sending)
}

/** Nothing was sent yet: a filter has thrown, or what was to be sent may not be sent. Its file is closed. */
async function sendFailure(request: ServedRequest, reply: WireReply, thrown: unknown): Promise<boolean> {
  if (isStream(reply.body)) reply.body.cancel().catch(() => {})
  const failure = request.run === undefined ? undefined : await request.run.failed(thrown)
  if (failure === 'gone') {
    request.status = 499
    return true
  }
  if (failure === undefined) report(request, thrown)
  const plain = typeof failure === 'object' && 'body' in failure ? failure : page(500, request.id)
  return over(request, sendPlainly(request, plain))
}

async function over(request: ServedRequest, sending: Sent | Promise<Sent>): Promise<boolean> {
  try {
    return left(request, await sending)
  } catch (thrown) {
    // Only a body that fails while it is read can have thrown by now; the connection is cut already.
    report(request, thrown, 'after the headers were sent')
    return true
  }
}

function left(request: ServedRequest, sent: Sent): boolean {
  request.sent = sent
  // As nginx: who went before the reply began got none.
  if (sent.aborted && sent.bytes === 0) request.status = 499
  return sent.aborted
}

/** Without filters: one of them may be what has thrown. */
function sendPlainly(request: ServedRequest, reply: WireReply): Sent | Promise<Sent> {
  try {
    return handOver(request, reply)
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
