// `ctx`: the one object through which a script reaches everything else. Cheap to make, because each part is built when it
// is first asked for; and each part works when it was taken out of it: `({ log, publish }) => …`.
import type { Awaitable, Context, Dict, Environment, Log, Mysql, Redis, Reply, Socket } from '../contract/script.ts'
import type { Logger } from '../log/logger.ts'
import type { AbortRegistry } from './abort-registry.ts'
import type { AccessLogs } from './access-log/access-logs.ts'
import type { Deadlines } from './deadlines.ts'
import type { Locks } from './dict/locks.ts'
import type { ZoneStore } from './dict/zone.ts'
import type { Faults } from './faults.ts'
import type { Generation } from './generation.ts'
import type { Jobs } from './jobs.ts'
import { InternalRedirect } from './outcome.ts'
import { renderCookie } from './script/cookies.ts'
import type { Outgoing } from './script/outgoing.ts'
import { ScriptLog } from './script-log.ts'
import type { ServedRequest } from './served-request.ts'
import type { StackMapper } from './stack-mapper.ts'
import type { Running } from './watchdog/running.ts'
import { runStoppable } from './watchdog/stoppable.ts'
import type { WorkerIdentity } from './workers/worker-identity.ts'

/** What all contexts of a server share. */
export interface ContextServices {
  readonly accessLogs: AccessLogs
  readonly logger: Logger
  readonly stacks: StackMapper
  readonly faults: Faults
  readonly aborts: AbortRegistry
  readonly jobs: Jobs
  readonly deadlines: Deadlines
  readonly worker: WorkerIdentity
  readonly outgoing: Outgoing
  call(
    parent: ServedRequest,
    generation: Generation,
    signal: AbortSignal,
    path: string,
    init?: RequestInit,
  ): Promise<Response>
  /** Those of all generations of the server. */
  readonly zones: ZoneStore
  readonly locks: Locks
  publish(topic: string, data: string | Uint8Array): void
  /** The open sockets of a script, by its file. */
  socketsOf(script: string): Iterable<Socket<unknown>>
}

/** What answers now. A socket outlives those it began with. */
export type ContextGeneration = Pick<Generation, 'services' | 'stores' | 'shared'>

export interface ContextOptions {
  readonly generation: ContextGeneration
  readonly env: Environment
  /** The script's file, relative to the release. */
  readonly script: string
  readonly id: string
  /** That it is the context of, or that its socket began with. */
  readonly request?: ServedRequest
}

/** A job more than this is refused: a script that starts them faster than they end would fill the memory. */
const AFTER_JOBS_MAX = 10_000

/** What most events never ask for. */
class Parts {
  state: Map<string, unknown> | undefined
  redis: Redis | undefined
  mysql: Mysql | undefined
  log: Log | undefined
  controller: AbortController | undefined
  goneReason: Error | undefined
}

export class EventContext implements Context {
  readonly id: string
  readonly env: Environment
  /** Whose it is, for the watchdog. */
  running: Running | undefined
  readonly #script: string
  #generation: ContextGeneration
  readonly #request: ServedRequest | undefined
  #parts: Parts | undefined

  constructor({ generation, env, script, id, request }: ContextOptions) {
    this.id = id
    this.env = env
    this.#generation = generation
    this.#script = script
    this.#request = request
  }

  get publish(): (topic: string, data: string | Uint8Array) => void {
    return this.#generation.services.publish
  }

  get redirect(): typeof redirect {
    return redirect
  }

  get cookie(): typeof renderCookie {
    return renderCookie
  }

  get exec(): typeof exec {
    return exec
  }

  get state(): Map<string, unknown> {
    this.#parts ??= new Parts()
    const own = this.#parts
    own.state ??= new Map()
    return own.state
  }

  get redis(): Redis {
    this.#parts ??= new Parts()
    const own = this.#parts
    own.redis ??= this.#generation.stores.redis(this)
    return own.redis
  }

  get mysql(): Mysql {
    this.#parts ??= new Parts()
    const own = this.#parts
    own.mysql ??= this.#generation.stores.mysql(this)
    return own.mysql
  }

  get log(): Log {
    this.#parts ??= new Parts()
    const own = this.#parts
    own.log ??= new ScriptLog(this.#generation.services.logger, this.#generation.services.stacks, this.id)
    return own.log
  }

  get signal(): AbortSignal {
    this.#parts ??= new Parts()
    const own = this.#parts
    if (own.controller === undefined) {
      const controller = this.#generation.services.aborts.create()
      own.controller = controller
      if (own.goneReason !== undefined) controller.abort(own.goneReason)
      // A socket's end is told by `abort`.
      const gone = this.#request?.isSocket ? undefined : this.#request?.asked.aborted
      if (gone?.aborted) controller.abort(gone.reason)
      else gone?.addEventListener('abort', () => controller.abort(gone.reason), { once: true })
    }
    return own.controller.signal
  }

  get fetch(): (url: string | URL, init?: RequestInit) => Promise<Response> {
    return (url, init) => {
      const traceparent = this.#request?.head.headers.find(([name]) => name === 'traceparent')?.[1]
      return this.#generation.services.outgoing.fetch({ id: this.id, traceparent, signal: this.signal }, url, init)
    }
  }

  get call(): (path: string, init?: RequestInit) => Promise<Response> {
    return async (path, init) => {
      const request = this.#request
      if (request === undefined) throw new Error('Cannot call: there is no request that it would be a part of')
      const signal = init?.signal ? AbortSignal.any([this.signal, init.signal]) : this.signal
      const generation = this.#generation as Generation
      return this.#generation.services.call(request, generation, signal, path, init)
    }
  }

  get after(): (job: Promise<unknown> | (() => Awaitable<unknown>)) => void {
    return (job) => {
      const { jobs, faults } = this.#generation.services
      if (jobs.size >= AFTER_JOBS_MAX) {
        throw new Error(`Cannot begin another job: ${AFTER_JOBS_MAX} are under way`)
      }
      const of = { phase: 'after', script: this.#script, request: this.id }
      const run = typeof job === 'function' ? runStoppable(of, job) : Promise.resolve(job)
      jobs.track(
        run.then(
          () => {},
          (thrown) => faults.report(thrown, of),
        ),
      )
    }
  }

  get dict(): (name: string) => Dict {
    return (name) => this.#generation.shared.dict(name)
  }

  get lock(): Context['lock'] {
    return (key, fn, options) => this.#generation.shared.lock(key, fn, this.signal, options)
  }

  get limit(): Context['limit'] {
    return (zone, key, { burst = 0 } = {}) => this.#generation.shared.limit(zone, key, burst)
  }

  get sockets(): () => Iterable<Socket<unknown>> {
    return () => this.#generation.services.socketsOf(this.#script)
  }

  /** A reload has brought another one; a socket lives longer than the one it began with. */
  moveTo(generation: ContextGeneration): void {
    this.#generation = generation
    if (this.#parts === undefined) return
    this.#parts.redis = undefined
    this.#parts.mysql = undefined
  }

  /** The request or the socket has ended: its signal need not be kept for the end of the server. */
  end(): void {
    const controller = this.#parts?.controller
    if (controller !== undefined) this.#generation.services.aborts.release(controller)
  }

  /** The client has gone, told by an event instead of a signal. */
  abort(reason: Error): void {
    this.#parts ??= new Parts()
    const own = this.#parts
    own.goneReason = reason
    own.controller?.abort(reason)
    this.end()
  }
}

function exec(path: string): Reply {
  if (typeof path !== 'string' || !/^[/@]/.test(path)) {
    throw new TypeError(`Cannot exec "${path}": it must begin with "/", or "@" for a named location`)
  }
  if (path.startsWith('@')) return inside(new InternalRedirect({ named: path }))
  const mark = path.indexOf('?')
  const uri = mark === -1 ? path : path.slice(0, mark)
  return inside(new InternalRedirect({ uri, args: mark === -1 ? '' : path.slice(mark + 1) }))
}

/** A script may only return it. */
function inside(redirect: InternalRedirect): Reply {
  return redirect as Reply
}

function redirect(url: string, status: 301 | 302 | 303 | 307 | 308 = 302): Reply {
  return { status, headers: { location: url } }
}
