// The workers of one reading of the conf: all booted before one listens, each replaced when it dies, all sent home together.
import { setTimeout as elapse } from 'node:timers/promises'
import type { StartFailure } from '../../contract/channel.ts'
import { LAST_MAY_BE_MISSING } from '../../contract/gaps.ts'
import type { Logger } from '../../log/logger.ts'
import type { ZoneServer } from '../dict/serve-zones.ts'
import type { PublishRelay } from './publish-hub.ts'
import { startWorker, type WorkerEnd, type WorkerProcess } from './start-worker.ts'

export interface WorkerSetOptions {
  readonly count: number
  readonly zones: ZoneServer
  readonly logger: Logger
  readonly relay: PublishRelay
  /** What ours is called by everybody else (`ToServer.pid`); undefined until somebody has said so. */
  pid(): number | undefined
  /** All are idle at once. Said again after each `idle_stop`; `again`: none has been used since. */
  onIdle(again: boolean): void
}

/** A worker that dies again and again is started after longer and longer pauses. */
const BACK_OFF_MS_MIN = 100
const BACK_OFF_MS_MAX = 10_000
/** One that has run so long has not died of its start. */
const STOOD_MS = 10_000
/** A worker ends by itself in its worker_shutdown_timeout; this much later it is killed. */
const END_MARGIN_MS = 2000

export class WorkerSet {
  readonly #options: WorkerSetOptions
  readonly #workers = new Map<number, WorkerProcess>()
  #port: number | undefined
  #crashes = 0
  #over = false
  /** Those that have said so since all were. */
  readonly #idle = new Set<WorkerProcess>()
  #allWereIdle = false

  constructor(options: WorkerSetOptions) {
    this.#options = options
  }

  /** All are ready, or why one is not; then none is left. The first goes ahead: what is wrong is said once. */
  async boot(): Promise<StartFailure | undefined> {
    const first = await this.#bootOne(0)
    if (!('pid' in first)) return await this.#refuse(first)
    const others = Array.from({ length: this.#options.count - 1 }, (_, index) => this.#bootOne(index + 1))
    for (const booted of await Promise.all(others)) if (!('pid' in booted)) return await this.#refuse(booted)
    return undefined
  }

  /** All listen. Resolves with the port, or why one does not. The first goes ahead here, too: port 0 becomes a number. */
  async listen(): Promise<number | StartFailure> {
    const [first, ...others] = [...this.#workers.values()]
    const port = await this.#listenOne(first!)
    if (typeof port !== 'number') return await this.#refuse(port)
    this.#port = port
    const all = await Promise.all(others.map((worker) => this.#listenOne(worker)))
    const failure = all.find((one) => typeof one !== 'number')
    if (failure !== undefined) return await this.#refuse(failure as StartFailure)
    for (const worker of this.#workers.values()) void this.#keep(worker)
    return port
  }

  signal(signal: NodeJS.Signals, only?: number): void {
    for (const worker of this.#workers.values()) if (only === undefined || worker.id === only) worker.signal(signal)
  }

  /** Ends all of them. None is replaced any more. */
  async end(signal: NodeJS.Signals, timeoutMs: number): Promise<void> {
    this.#over = true
    await Promise.all([...this.#workers.values()].map((worker) => endOne(worker, signal, timeoutMs + END_MARGIN_MS)))
  }

  async #refuse(failure: StartFailure): Promise<StartFailure> {
    await this.end('SIGKILL', 0)
    return failure
  }

  async #bootOne(id: number): Promise<WorkerProcess | StartFailure> {
    const { count, zones, relay } = this.#options
    const worker = startWorker({ id, count })
    zones.add(worker.zones)
    this.#workers.set(id, worker)
    const said = await worker.heard()
    if (said?.type === 'failed') return said.failure
    if (said?.type !== 'ready') return await endedFailure(worker, 'ready')
    relay.add(worker.hub)
    return worker
  }

  async #listenOne(worker: WorkerProcess): Promise<number | StartFailure> {
    // As many numbers away from ours as it is here, wherever we are: with that its records are told from those of all others.
    const pid = (this.#options.pid() ?? process.pid) + worker.pid - process.pid
    worker.tell({ type: 'listen', pid, ...(this.#port === undefined ? {} : { port: this.#port }) })
    const said = await worker.heard()
    if (said?.type === 'listening') return said.port
    return said?.type === 'failed' ? said.failure : await endedFailure(worker, 'listening')
  }

  /** Listens to one that serves, and replaces it when it dies or wants to be. */
  async #keep(worker: WorkerProcess): Promise<void> {
    for (let said = await worker.heard(); said !== undefined; said = await worker.heard()) {
      if (this.#over) continue
      if (said.type === 'replace') return this.#replace(worker)
      if (said.type === 'idle') this.#hearIdle(worker)
      if (said.type === 'used') this.#hearUsed(worker)
    }
    const end = await worker.ended
    this.#hearUsed(worker)
    if (this.#over) return
    const ran = performance.now() - worker.startedAt
    this.#crashes = ran > STOOD_MS ? 0 : this.#crashes + 1
    const lost = end.signal === null ? '' : `; ${LAST_MAY_BE_MISSING}`
    const message = `worker ${worker.id} (pid ${worker.pid}) ended ${howOf(end)} and is replaced${lost}`
    this.#options.logger.write({ severity: 'emerg', message })
    await this.#startAgain(worker.id)
  }

  #hearIdle(worker: WorkerProcess): void {
    this.#idle.add(worker)
    if (![...this.#workers.values()].every((each) => this.#idle.has(each))) return
    this.#idle.clear()
    this.#options.onIdle(this.#allWereIdle)
    this.#allWereIdle = true
  }

  #hearUsed(worker: WorkerProcess): void {
    this.#idle.delete(worker)
    this.#allWereIdle = false
  }

  async #startAgain(id: number): Promise<void> {
    for (;;) {
      const ms = this.#crashes === 0 ? 0 : Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_MIN * 2 ** (this.#crashes - 1))
      await elapse(ms, undefined, { ref: false })
      if (this.#over) return
      const failure = await this.#serveOne(id)
      if (failure === undefined) return
      this.#crashes++
      this.#options.logger.write({ severity: 'crit', message: `worker ${id} cannot start again: ${failure.message}` })
    }
  }

  /** New before old. */
  async #replace(old: WorkerProcess): Promise<void> {
    const failure = await this.#serveOne(old.id)
    if (failure === undefined) {
      await endOne(old, 'SIGQUIT', BACK_OFF_MS_MAX + END_MARGIN_MS)
      return
    }
    this.#workers.set(old.id, old)
    this.#options.logger.write({
      severity: 'crit',
      message: `worker ${old.id} wants to be replaced, and the new one cannot start: ${failure.message}`,
    })
    await this.#keep(old)
  }

  async #serveOne(id: number): Promise<StartFailure | undefined> {
    const worker = await this.#bootOne(id)
    if (!('pid' in worker)) return worker
    const listening = await this.#listenOne(worker)
    if (typeof listening !== 'number') return listening
    if (this.#over) worker.signal('SIGTERM')
    void this.#keep(worker)
    return undefined
  }
}

async function endOne(worker: WorkerProcess, signal: NodeJS.Signals, deadlineMs: number): Promise<void> {
  worker.signal(signal)
  const late = elapse(deadlineMs, 'late' as const, { ref: false })
  if ((await Promise.race([worker.ended, late])) === 'late') worker.signal('SIGKILL')
  await worker.ended
}

async function endedFailure(worker: WorkerProcess, awaited: string): Promise<StartFailure> {
  const end = await Promise.race([worker.ended, elapse(0, undefined)])
  const how = end === undefined ? 'said something else' : `ended ${howOf(end)}`
  return { phase: 'script', code: 'SERVICE_FAILED', message: `worker ${worker.id} ${how} before it was ${awaited}` }
}

function howOf({ code, signal }: WorkerEnd): string {
  return signal === null ? `with exit code ${code}` : `by ${signal}`
}
