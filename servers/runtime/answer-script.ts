// A request that a script answers: access → fetch → headers → log, and `error` for what any of them throws.
import type { Reply } from '../contract/script.ts'
import { BodyError } from '../transport/body-error.ts'
import type { WireReply } from '../transport/port.ts'
import type { Asked } from './asked.ts'
import { type ContextServices, type ContextStores, EventContext } from './context.ts'
import { toError } from './describe-thrown.ts'
import { HeadRequest } from './edge-request.ts'
import { type FaultOf, requestFields } from './faults.ts'
import { type PageStatus, page } from './pages.ts'
import { headersOf, toWireReply, withHeaders, withRequestId } from './reply.ts'
import { nextRequestId } from './request-id.ts'
import type { Route } from './routing.ts'
import type { ScriptHooks } from './script-hooks.ts'
import type { ScriptSource } from './script-source.ts'
import { pending } from './thenable.ts'

export interface ScriptAnswering {
  readonly route: Route
  readonly source: ScriptSource
  readonly services: ContextServices
  readonly stores: ContextStores
}

/** Resolves when the reply has left or the client has gone. Never rejects. */
export async function answerWithScript(asked: Asked, answering: ScriptAnswering): Promise<void> {
  const { route, services } = answering
  const id = nextRequestId()
  if (declaredBytes(asked) > limitOf(route)) return answerTooLarge(asked, answering, id)
  const ctx = createRequestContext(asked, answering, id)
  const begunAt = performance.now()
  let hooks: ScriptHooks
  try {
    hooks = answering.source.open()()
  } catch (thrown) {
    services.faults.report(thrown, faultOf(asked, answering, id, 'load'))
    await asked.reply(page(500, id))
    return
  }
  const exchange = new ScriptExchange(asked, answering, hooks, ctx)
  const { status, sent } = await exchange.run()
  if (hooks.log !== undefined) {
    try {
      await pending(hooks.log({ status, ...sent, ms: performance.now() - begunAt }, ctx))
    } catch (thrown) {
      services.faults.report(thrown, faultOf(asked, answering, id, 'log'))
    }
  }
  ctx.end()
}

export function createRequestContext(asked: Asked, { route, source, services, stores }: ScriptAnswering, id: string) {
  const { env } = route.location
  return new EventContext({ services, stores, env, script: source.file, id, gone: () => asked.aborted })
}

export function faultOf(
  asked: Pick<Asked, 'head'>,
  { route, source }: ScriptAnswering,
  id: string,
  phase: string,
): FaultOf {
  return { phase, script: source.file, request: id, head: asked.head, server: route.server.serverNames[0] ?? '' }
}

interface Outcome {
  readonly status: number
  readonly sent: { readonly bytes: number; readonly aborted: boolean }
}

class ScriptExchange {
  readonly #asked: Asked
  readonly #answering: ScriptAnswering
  readonly #hooks: ScriptHooks
  readonly #ctx: EventContext
  #phase = 'access'

  constructor(asked: Asked, answering: ScriptAnswering, hooks: ScriptHooks, ctx: EventContext) {
    this.#asked = asked
    this.#answering = answering
    this.#hooks = hooks
    this.#ctx = ctx
  }

  async run(): Promise<Outcome> {
    try {
      return await this.#send(await this.#content())
    } catch (thrown) {
      return this.#sendFailure(thrown)
    }
  }

  async #content(): Promise<WireReply> {
    const hooks = this.#hooks
    const request = new HeadRequest({
      head: this.#asked.head,
      body: () => this.#asked.body(limitOf(this.#answering.route)),
      signal: () => this.#ctx.signal,
    })
    // biome-ignore lint/suspicious/noConfusingVoidType: what `access` returns.
    const refused: Reply | void = hooks.access === undefined ? undefined : await hooks.access(request, this.#ctx)
    if (refused !== undefined) return toWireReply(refused, 'access')
    this.#phase = 'fetch'
    if (hooks.fetch === undefined) return this.#page(426, UPGRADE)
    return toWireReply(await hooks.fetch(request, this.#ctx), 'fetch')
  }

  /** Throws before anything is sent, for what may not be sent. */
  async #send(reply: WireReply): Promise<Outcome> {
    let wire = withRequestId(reply, this.#ctx.id)
    if (this.#hooks.headers !== undefined) {
      this.#phase = 'headers'
      const headers = headersOf(wire)
      await pending(this.#hooks.headers({ status: wire.status, headers }, this.#ctx))
      wire = withHeaders(wire, headers)
    }
    return this.#hand(wire)
  }

  async #hand(wire: WireReply): Promise<Outcome> {
    const sending = this.#asked.reply(wire)
    try {
      return { status: wire.status, sent: await sending }
    } catch (thrown) {
      // Only a body that fails while it is read can have thrown by now; the connection is cut already.
      this.#report(thrown, this.#phase, 'after the headers were sent')
      return { status: wire.status, sent: { bytes: 0, aborted: true } }
    }
  }

  async #sendFailure(thrown: unknown): Promise<Outcome> {
    if (this.#isOfGoneClient(thrown)) return CLIENT_GONE
    if (thrown instanceof BodyError) {
      reportTooLarge(this.#asked, this.#answering, this.#ctx.id, thrown.message)
      return this.#hand(this.#page(413))
    }
    this.#report(thrown, this.#phase)
    const custom = await this.#errorReply(thrown)
    if (custom !== undefined) {
      try {
        return await this.#hand(custom)
      } catch (second) {
        this.#report(second, 'error')
      }
    }
    return this.#hand(this.#page(500))
  }

  /** Nobody is to blame: what the script was waiting for was given up with the client. */
  #isOfGoneClient(thrown: unknown): boolean {
    if (!this.#asked.aborted.aborted) return false
    return thrown instanceof BodyError || thrown === this.#ctx.signal.reason
  }

  async #errorReply(thrown: unknown): Promise<WireReply | undefined> {
    try {
      const reply = await this.#hooks.error?.(toError(thrown), this.#ctx)
      return reply === undefined ? undefined : withRequestId(toWireReply(reply, 'error'), this.#ctx.id)
    } catch (second) {
      this.#report(second, 'error')
      return undefined
    }
  }

  #page(status: PageStatus, headers?: WireReply['headers']): WireReply {
    return page(status, this.#ctx.id, headers)
  }

  #report(thrown: unknown, phase: string, note?: string): void {
    const of = faultOf(this.#asked, this.#answering, this.#ctx.id, phase)
    this.#answering.services.faults.report(thrown, note === undefined ? of : { ...of, note })
  }
}

/** nginx's own status for it; nobody is there to see it but the `log` hook. */
const CLIENT_GONE: Outcome = { status: 499, sent: { bytes: 0, aborted: true } }

const UPGRADE: WireReply['headers'] = [['upgrade', 'websocket']]

function limitOf(route: Route): number {
  return route.location.clientMaxBodySizeBytes || Number.POSITIVE_INFINITY
}

function declaredBytes(asked: Asked): number {
  const header = asked.head.headers.find(([name]) => name === 'content-length')
  return header === undefined ? 0 : Number(header[1])
}

/** Before the script is asked, as nginx does. */
async function answerTooLarge(asked: Asked, answering: ScriptAnswering, id: string): Promise<void> {
  reportTooLarge(asked, answering, id, `client intended to send too large body: ${declaredBytes(asked)} bytes`)
  await asked.reply(page(413, id, [['connection', 'close']]))
}

function reportTooLarge(asked: Asked, { route, services }: ScriptAnswering, id: string, message: string): void {
  const fields = requestFields({ head: asked.head, server: route.server.serverNames[0] ?? '' })
  services.logger.write({ severity: 'error', message, request: id, fields })
}
