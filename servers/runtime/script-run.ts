// A script's part in one request: access → fetch → headers → log, and `error` for what any of them throws.
import type { EdgeyardError } from '../contract/errors.ts'
import type { Environment } from '../contract/script.ts'
import { BodyError } from '../transport/body-error.ts'
import type { WireReply } from '../transport/port.ts'
import { headerOf } from '../transport/request-head.ts'
import type { Asked } from './asked.ts'
import { EventContext } from './context.ts'
import { toError } from './describe-thrown.ts'
import { HeadRequest } from './edge-request.ts'
import { type FaultOf, requestFields } from './faults.ts'
import { InternalRedirect, type Outcome } from './outcome.ts'
import { page } from './pages.ts'
import { headersOf, toWireReply, withHeaders, withRequestId } from './reply.ts'
import { inTime, ScriptTimeout } from './script/in-time.ts'
import type { ScriptHooks } from './script-hooks.ts'
import { type ServedRequest, shownServer } from './served-request.ts'
import { pending } from './thenable.ts'
import { enterScript, leaveScript, type Running } from './watchdog/running.ts'

type ScriptAnswer = WireReply | InternalRedirect

export class ScriptRun implements Running {
  readonly ctx: EventContext
  readonly #request: ServedRequest
  #hooks: ScriptHooks = {}
  /** Where it is; what is thrown is reported with it. */
  phase = 'load'

  /** Gives the request its reply although nobody waits for this run any more. */
  readonly conclude: (request: ServedRequest, outcome: Promise<Outcome>) => void

  constructor(request: ServedRequest, conclude: ScriptRun['conclude']) {
    this.#request = request
    this.conclude = conclude
    this.ctx = createRequestContext(request)
    // What is asked for inside is stopped with who asked: both are on one stack.
    this.ctx.running = request.parent?.running ?? this
  }

  /** Never rejects. */
  answer(): Outcome | Promise<Outcome> {
    const request = this.#request
    const declared = declaredBytes(request.asked)
    if (declared > limitOf(request)) {
      reportTooLarge(request, `client intended to send too large body: ${declared} bytes`)
      return page(413, request.id, [['connection', 'close']])
    }
    try {
      this.open()
      const content = this.contentInTime()
      return content instanceof Promise ? content.catch((thrown) => this.failed(thrown)) : content
    } catch (thrown) {
      return this.failed(thrown)
    }
  }

  /** Gives the hooks of the next event. Throws what the script's top level throws when its code is not cached. */
  open(): () => ScriptHooks {
    const outer = enterScript(this.ctx.running!)
    try {
      const hooks = this.#request.plan.source!.open()
      this.#hooks = hooks()
      return hooks
    } finally {
      leaveScript(outer)
    }
  }

  /** The `headers` hook. Rejects with what it throws. */
  headers(reply: WireReply): WireReply | Promise<WireReply> {
    const hook = this.#hooks.headers
    if (hook === undefined) return reply
    this.phase = 'headers'
    const headers = headersOf(reply)
    const done = pending(this.call(hook, { status: reply.status, headers }))
    return done === undefined ? withHeaders(reply, headers) : this.inTime(done).then(() => withHeaders(reply, headers))
  }

  /** What is sent instead of what a hook has thrown. Reports it. Never rejects. */
  async failed(thrown: unknown): Promise<Outcome> {
    const request = this.#request
    if (this.isOfGoneClient(thrown)) return 'gone'
    if (thrown instanceof BodyError) {
      reportTooLarge(request, thrown.message)
      return page(thrown.reason === 'too-slow' ? 408 : 413, request.id)
    }
    this.report(thrown)
    try {
      this.phase = this.phase === 'error' ? 'error of error' : 'error'
      const answer = this.phase === 'error' ? await this.called(this.#hooks.error, toError(thrown)) : undefined
      if (answer !== undefined) return this.reply(answer)
    } catch (second) {
      this.report(second)
    }
    return page(thrown instanceof ScriptTimeout ? 504 : 500, request.id)
  }

  report(thrown: unknown, note?: string): void {
    const of = faultOf(this.#request, this.phase === 'error of error' ? 'error' : this.phase)
    this.#request.generation.services.faults.report(thrown, note === undefined ? of : { ...of, note })
  }

  /** As `work`, or rejects with a ScriptTimeout. */
  inTime<T>(work: Promise<T>): Promise<T> {
    const { plan, generation } = this.#request
    const { deadlines } = generation.services
    return inTime(work, { ctx: this.ctx, deadlines, ms: plan.location.scriptTimeoutMs, running: this })
  }

  /** Calls a hook with `this` as it has in its script. */
  call<One, Result>(hook: (one: One, ctx: EventContext) => Result, one: One): Result {
    const outer = enterScript(this.ctx.running!)
    try {
      return hook.call(this.#hooks, one, this.ctx)
    } finally {
      leaveScript(outer)
    }
  }

  runs(): FaultOf {
    return faultOf(this.#request, this.phase)
  }

  stopped(error: EdgeyardError): void {
    // The reply has left; only the log hook is no more.
    this.#request.asked.interrupted?.()
    if (this.#request.concluded && this.phase === 'log') this.report(error)
    else this.conclude(this.#request, this.failed(error))
  }

  /** It has a `log` hook. */
  get logs(): boolean {
    return this.#hooks.log !== undefined
  }

  /** The `log` hook. Never rejects. */
  log(aborted: boolean): Promise<void> | undefined {
    if (this.#hooks.log !== undefined) return this.callLog(aborted)
    this.ctx.end()
    return undefined
  }

  private async callLog(aborted: boolean): Promise<void> {
    const { status, bytes, begunAt } = this.#request
    try {
      this.phase = 'log'
      await this.called(this.#hooks.log, { status, bytes, aborted, ms: performance.now() - begunAt })
    } catch (thrown) {
      this.report(thrown)
    }
    this.ctx.end()
  }

  private called<One, Result>(
    hook: ((one: One, ctx: EventContext) => Result | Promise<Result>) | undefined,
    one: One,
  ): Result | Promise<Result> | undefined {
    if (hook === undefined) return undefined
    const result = this.call(hook, one)
    const waiting = pending(result)
    return waiting === undefined ? result : this.inTime(waiting as Promise<Result>)
  }

  private contentInTime(): ScriptAnswer | Promise<ScriptAnswer> {
    const content = this.content()
    return content instanceof Promise ? this.inTime(content) : content
  }

  /** Waits for nothing where the hooks do not. */
  private content(): ScriptAnswer | Promise<ScriptAnswer> {
    const hooks = this.#hooks
    const request = new HeadRequest(this.#request, this.ctx)
    // A call from inside was let in with the request that it is a part of.
    if (hooks.access === undefined || this.#request.depth > 0) return this.fetched(request)
    this.phase = 'access'
    const refused = this.call(hooks.access, request)
    const waiting = pending(refused)
    if (waiting === undefined) return refused === undefined ? this.fetched(request) : this.reply(refused)
    return waiting.then((reply) => (reply === undefined ? this.fetched(request) : this.reply(reply)))
  }

  private fetched(request: HeadRequest): ScriptAnswer | Promise<ScriptAnswer> {
    this.phase = 'fetch'
    if (this.#hooks.fetch === undefined) return page(426, this.#request.id, UPGRADE)
    const reply = this.call(this.#hooks.fetch, request)
    const waiting = pending(reply)
    return waiting === undefined ? this.reply(reply) : waiting.then((late) => this.reply(late))
  }

  /** `ctx.exec` gives what goes round once more. */
  private reply(reply: unknown): ScriptAnswer {
    if (reply instanceof InternalRedirect) return reply
    return withRequestId(toWireReply(reply, this.phase), this.#request.id)
  }

  /** Nobody is to blame: what the script was waiting for was given up with the client. */
  private isOfGoneClient(thrown: unknown): boolean {
    if (!this.#request.asked.aborted.aborted) return false
    return thrown instanceof BodyError || thrown === this.ctx.signal.reason
  }
}

const UPGRADE: WireReply['headers'] = [['upgrade', 'websocket']]

/** A script's part in a request begins: in the place of another, when that has sent it on. */
export function beginRun(request: ServedRequest, conclude: ScriptRun['conclude']): ScriptRun {
  const { run: before } = request
  if (before !== undefined) request.onEnd(() => before.ctx.end())
  request.run = new ScriptRun(request, conclude)
  return request.run
}

function createRequestContext(request: ServedRequest): EventContext {
  const { plan, generation, id } = request
  return new EventContext({ generation, env: environmentOf(request), script: plan.source!.file, id, request })
}

/** `set`: what is the same for every request, and what this one's rewrites gave. */
function environmentOf({ plan, variables }: ServedRequest): Environment {
  const { env } = plan.location
  return variables === undefined ? env : { ...env, ...Object.fromEntries(variables) }
}

export function faultOf({ plan, id, head }: ServedRequest, phase: string): FaultOf {
  const script = plan.source === undefined ? {} : { script: plan.source.file }
  return { phase, ...script, request: id, head, server: shownServer(plan.server) }
}

function limitOf({ plan }: ServedRequest): number {
  return plan.location.clientMaxBodySizeBytes || Number.POSITIVE_INFINITY
}

function declaredBytes({ head }: Asked): number {
  return Number(headerOf(head, 'content-length') ?? 0)
}

function reportTooLarge({ head, plan, generation, id }: ServedRequest, message: string): void {
  const fields = requestFields({ head, server: shownServer(plan.server) })
  generation.services.logger.write({ severity: 'error', message, request: id, fields })
}
