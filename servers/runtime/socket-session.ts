// One WebSocket and its script: the hooks that its events run, in order, and what happens when one of them throws.
import type { EdgeyardError } from '../contract/errors.ts'
import type { Socket } from '../contract/script.ts'
import type { WireSocket } from '../transport/port.ts'
import type { ContextGeneration, ContextServices, EventContext } from './context.ts'
import { toError } from './describe-thrown.ts'
import { createEventQueue, type EventQueue } from './event-queue.ts'
import { type FaultOf, requestFields } from './faults.ts'
import { inTime } from './script/in-time.ts'
import { MessageRate } from './script/message-rate.ts'
import type { ScriptHooks } from './script-hooks.ts'
import { faultOf } from './script-run.ts'
import { ScriptSocket, type SocketHolder } from './script-socket.ts'
import { type ServedRequest, shownServer } from './served-request.ts'
import { pending } from './thenable.ts'
import { enterScript, leaveScript, type Running } from './watchdog/running.ts'

export interface SessionOptions {
  /** That it began with. */
  readonly request: ServedRequest
  /** Gives the hooks of the next event. */
  hooks(): ScriptHooks
  readonly ctx: EventContext
  readonly data: unknown
  readonly id: string
}

export class SocketSession implements Running, SocketHolder {
  readonly id: string
  readonly request: ServedRequest
  readonly ctx: EventContext
  socket: Socket<unknown> | undefined
  /** What `upgrade` gave, until the socket has it. */
  #data: unknown
  /** While a hook is under way; most sockets wait for nothing most of the time. */
  #queue: EventQueue | undefined
  #hooks: () => ScriptHooks
  readonly #rate: MessageRate | undefined
  /** It gets no further messages: something was thrown, or it sent too many. */
  #over = false
  /** Of the hook that ran last. */
  #phase = 'open'

  constructor(options: SessionOptions) {
    this.id = options.id
    this.request = options.request
    this.ctx = options.ctx
    this.#data = options.data
    this.#hooks = options.hooks
    const { location } = options.request.plan
    this.ctx.running = this
    if (location.websocketMessageRate !== undefined) this.#rate = new MessageRate(location.websocketMessageRate)
  }

  /** The file of its script. */
  get script(): string {
    return this.request.plan.source!.file
  }

  /** After a reload: the next event runs the new hooks. */
  move(hooks: () => ScriptHooks, generation: ContextGeneration): void {
    this.#hooks = hooks
    this.ctx.moveTo(generation)
  }

  opened(wire: WireSocket, after: () => void): void {
    const { ctx } = this
    const socket = new ScriptSocket(wire, this.#data)
    this.#data = undefined
    this.socket = socket
    const opening = this.run('open', () => this.#hooks().open?.(socket, ctx))
    if (opening === undefined) after()
    else this.begin(opening.then(after))
  }

  message(data: string | Uint8Array): void {
    if (this.#over) return
    if (this.#rate?.allows(performance.now()) === false) {
      this.refuse('its messages come faster than websocket_message_rate allows')
      return
    }
    if (this.#queue === undefined) {
      const going = this.tell(data)
      if (going !== undefined) this.begin(going)
    } else if (!this.#queue.push(() => (this.#over ? undefined : this.tell(data)), data.length))
      this.refuse('its messages come faster than the script handles them')
  }

  private refuse(why: string): void {
    const { head, plan, generation, id } = this.request
    const fields = requestFields({ head, server: shownServer(plan.server) })
    generation.services.logger.write({
      severity: 'warn',
      message: `socket closed: ${why}`,
      request: id,
      fields,
    })
    this.end(1008, 'Too many messages')
  }

  /** At once, not in turn: a message hook may be waiting for just this. */
  drained(): void {
    const { ctx } = this
    if (!this.#over) this.run('drain', () => this.#hooks().drain?.(this.socket!, ctx))
  }

  closed(code: number, reason: string, topics: readonly string[]): void {
    const { ctx } = this
    const socket = this.socket as ScriptSocket | undefined
    socket?.closed(topics)
    ctx.abort(new Error(`The client has gone (${code})`))
    const event = () => this.run('close', () => this.#hooks().close?.(socket!, code, reason, ctx))
    if (this.#queue === undefined) {
      const going = event()
      if (going !== undefined) this.begin(going)
    } else if (!this.#queue.push(event, 0)) {
      // There is always room for the last one.
      this.#queue.clear()
      this.#queue.push(event, 0)
    }
    const idle = this.#queue?.idle()
    if (idle !== undefined) this.services.jobs.track(idle)
    this.request.end()
  }

  private get services(): ContextServices {
    return this.request.generation.services
  }

  /** Others wait for this one. */
  private begin(going: Promise<void>): void {
    const queue = createEventQueue()
    this.#queue = queue
    queue.push(() => going, 0)
    const rest = (): void => {
      const idle = queue.idle()
      if (idle !== undefined) void idle.then(rest)
      else if (this.#queue === queue) this.#queue = undefined
    }
    rest()
  }

  /** As `run`, without a closure for each message. */
  private tell(data: string | Uint8Array): Promise<void> | undefined {
    const outer = enterScript(this)
    this.#phase = 'message'
    let waiting: Promise<void> | undefined
    try {
      waiting = pending(this.#hooks().message!(this.socket!, data, this.ctx))
    } catch (thrown) {
      return this.failed(thrown, 'message')
    } finally {
      leaveScript(outer)
    }
    return waiting === undefined ? undefined : this.inTime(waiting, 'message')
  }

  private run(phase: string, hook: () => Promise<void> | void | undefined): Promise<void> | undefined {
    const outer = enterScript(this)
    this.#phase = phase
    let waiting: Promise<void> | undefined
    try {
      waiting = pending(hook())
    } catch (thrown) {
      return this.failed(thrown, phase)
    } finally {
      leaveScript(outer)
    }
    return waiting === undefined ? undefined : this.inTime(waiting, phase)
  }

  private inTime(waiting: Promise<void>, phase: string): Promise<void> {
    const { ctx, request } = this
    const { scriptTimeoutMs: ms } = request.plan.location
    const { deadlines } = this.services
    const timed = inTime(waiting, { ctx, deadlines, ms, running: { runs: () => this.runs(phase), stopped: () => {} } })
    return timed.catch((thrown) => this.failed(thrown, phase))
  }

  runs(phase: string = this.#phase): FaultOf {
    return faultOf(this.request, phase)
  }

  stopped(error: EdgeyardError): void {
    this.#queue?.giveUp()
    this.#queue = undefined
    void this.failed(error, this.#phase)
  }

  private async failed(thrown: unknown, phase: string): Promise<void> {
    const { ctx, request } = this
    const { faults } = this.services
    faults.report(thrown, faultOf(request, phase))
    this.end(1011, `Internal error ${ctx.id}`)
    try {
      await this.#hooks().error?.(toError(thrown), ctx)
    } catch (second) {
      faults.report(second, faultOf(request, 'error'))
    }
  }

  private end(code: number, reason: string): void {
    this.#over = true
    this.#queue?.clear()
    this.socket?.close(code, reason)
  }
}
