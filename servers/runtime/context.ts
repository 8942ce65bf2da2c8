// `ctx`: the one object through which a script reaches everything else. Cheap to make, because each part is built when it
// is first asked for; and each part works when it was taken out of it: `({ log, publish }) => …`.
import type { Awaitable, Context, Environment, Log, Mysql, Redis, Reply, Socket } from '../contract/script.ts'
import type { Logger } from '../log/logger.ts'
import type { AbortRegistry } from './abort-registry.ts'
import type { Deadlines } from './deadlines.ts'
import type { Faults } from './faults.ts'
import type { Jobs } from './jobs.ts'
import { ScriptLog } from './script-log.ts'
import type { StackMapper } from './stack-mapper.ts'
import type { WorkerIdentity } from './workers/worker-identity.ts'

/** What all contexts of a server share. */
export interface ContextServices {
  readonly logger: Logger
  readonly stacks: StackMapper
  readonly faults: Faults
  readonly aborts: AbortRegistry
  readonly jobs: Jobs
  readonly deadlines: Deadlines
  readonly worker: WorkerIdentity
  publish(topic: string, data: string | Uint8Array): void
  /** The open sockets of a script, by its file. */
  socketsOf(script: string): Iterable<Socket<unknown>>
}

export interface ContextStores {
  readonly redis: Redis
  readonly mysql: Mysql
}

export interface ContextOptions {
  readonly services: ContextServices
  readonly stores: ContextStores
  readonly env: Environment
  /** The script's file, relative to the release. */
  readonly script: string
  readonly id: string
  /** The client's going away, when there is a client whose signal tells. */
  readonly gone?: () => AbortSignal
}

/** A job more than this is refused: a script that starts them faster than they end would fill the memory. */
const AFTER_JOBS_MAX = 10_000

export class EventContext implements Context {
  readonly id: string
  readonly env: Environment
  readonly publish: (topic: string, data: string | Uint8Array) => void
  readonly redirect = redirect
  readonly #services: ContextServices
  readonly #script: string
  #stores: ContextStores
  readonly #gone: (() => AbortSignal) | undefined
  #state: Map<string, unknown> | undefined
  #log: Log | undefined
  #controller: AbortController | undefined
  #goneReason: Error | undefined

  constructor({ services, stores, env, script, id, gone }: ContextOptions) {
    this.id = id
    this.env = env
    this.#stores = stores
    this.publish = services.publish
    this.#services = services
    this.#script = script
    this.#gone = gone
  }

  get state(): Map<string, unknown> {
    this.#state ??= new Map()
    return this.#state
  }

  get redis(): Redis {
    return this.#stores.redis
  }

  get mysql(): Mysql {
    return this.#stores.mysql
  }

  get log(): Log {
    this.#log ??= new ScriptLog(this.#services.logger, this.#services.stacks, this.id)
    return this.#log
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = this.#services.aborts.create()
      this.#controller = controller
      if (this.#goneReason !== undefined) controller.abort(this.#goneReason)
      const gone = this.#gone?.()
      if (gone?.aborted) controller.abort(gone.reason)
      else gone?.addEventListener('abort', () => controller.abort(gone.reason), { once: true })
    }
    return this.#controller.signal
  }

  get fetch(): (url: string, init?: RequestInit) => Promise<Response> {
    return (url, init) => {
      const signal = init?.signal ? AbortSignal.any([this.signal, init.signal]) : this.signal
      return globalThis.fetch(url, { ...init, signal })
    }
  }

  get after(): (job: Promise<unknown> | (() => Awaitable<unknown>)) => void {
    return (job) => {
      const { jobs, faults } = this.#services
      if (jobs.size >= AFTER_JOBS_MAX) {
        throw new Error(`Cannot begin another job: ${AFTER_JOBS_MAX} are under way`)
      }
      const run = typeof job === 'function' ? nextTurn().then(job) : Promise.resolve(job)
      jobs.track(
        run.then(
          () => {},
          (thrown) => faults.report(thrown, { phase: 'after', request: this.id }),
        ),
      )
    }
  }

  get sockets(): () => Iterable<Socket<unknown>> {
    return () => this.#services.socketsOf(this.#script)
  }

  /** A reload has brought other stores; a socket lives longer than those it began with. */
  useStores(stores: ContextStores): void {
    this.#stores = stores
  }

  /** The request or the socket has ended: its signal need not be kept for the end of the server. */
  end(): void {
    if (this.#controller !== undefined) this.#services.aborts.release(this.#controller)
  }

  /** The client has gone, told by an event instead of a signal. */
  abort(reason: Error): void {
    this.#goneReason = reason
    this.#controller?.abort(reason)
    this.end()
  }
}

function redirect(url: string, status: 301 | 302 | 303 | 307 | 308 = 302): Reply {
  return { status, headers: { location: url } }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
