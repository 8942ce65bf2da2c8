// A process that the yard itself needs: started, asked until it is ready, started again when it dies.
import { createHash } from 'node:crypto'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import type { Command } from '../exec/command.ts'
import { createCrashRetries } from './crash-retries.ts'
import { createLock } from './lock.ts'
import type { KeptProcess } from './processes.ts'
import type { RecordSource } from './record-sender.ts'
import { askUntil } from './within.ts'
import type { YardContext } from './yard-context.ts'

export interface ServiceSpec {
  /** `redis/dev1`, `mysql`. */
  readonly key: string
  /** As in a progress line: `redis of dev1`. */
  readonly label: string
  readonly source: RecordSource
  readonly command: Command
  /** What it was started with beside the command, e.g. the text of its conf. */
  readonly conf: string
  readonly stopSignal: NodeJS.Signals
  readonly stopDeadlineMs: number
  readonly readyDeadlineMs: number
  /** Makes folders and writes the conf. Throws what is in the way, e.g. PORT_TAKEN. */
  prepare(): Promise<void>
  /** Asked until it is true. May throw: then it is not ready yet. */
  isReady(process: KeptProcess): Promise<boolean>
}

export interface Service {
  readonly key: string
  readonly pid: number | null
  /**
   * Starts it, or starts it anew when it should run as something else; false when it runs already. Throws SERVICE_FAILED with
   * its last lines.
   */
  ensure(spec: ServiceSpec): Promise<boolean>
  /** Stops it and starts what it should run as. Throws as `ensure` does. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Stands for all a service was started with. */
function fingerprintOf(spec: Pick<ServiceSpec, 'command' | 'conf'>): string {
  return createHash('sha256')
    .update(JSON.stringify([spec.command, spec.conf]))
    .digest('hex')
    .slice(0, 16)
}

/** `adopted`: its process, if a daemon before us left one. */
export function createService(context: YardContext, key: string, adopted: KeptProcess | null): Service {
  const lock = createLock()
  let current: KeptProcess | null = null
  let wanted: ServiceSpec | null = null
  /** It was ready once; should it ever not answer, it may be busy, and is left alone. */
  let proven: KeptProcess | null = null
  const { log, processes, clock } = context
  const retries = createCrashRetries(clock)

  const take = (process: KeptProcess) => {
    current = process
    void process.ended.then(() => {
      if (current === process) onDeath(process)
    })
  }
  const onDeath = (process: KeptProcess) => {
    current = null
    if (wanted !== null) startLater(clock.now() - process.run.startedMs)
  }
  const startLater = (ranMs: number) => {
    const { delayMs } = retries.count(ranMs)
    retries.later(delayMs, () => {
      const spec = wanted
      if (spec === null) return
      lock(async () => {
        if (current === null && wanted === spec) await start(spec)
      }).catch((error: unknown) => {
        log('crit', `Cannot start ${key} again: ${messageOf(error)}`)
        if (wanted === spec) startLater(0)
      })
    })
  }
  const start = async (spec: ServiceSpec) => {
    await spec.prepare()
    const process = await processes.start(spec.command, {
      ...{ key, role: 'live', source: spec.source, fingerprint: fingerprintOf(spec), restarts: retries.crashes },
    })
    await waitUntilReady(spec, process)
    take(process)
    proven = process
    log('notice', `${spec.label} is ready`, { pid: process.run.pid, restarts: retries.crashes })
  }
  const end = async (process: KeptProcess, spec: ServiceSpec | null) => {
    if (current === process) current = null
    await process.stop(spec?.stopSignal ?? 'SIGTERM', spec?.stopDeadlineMs ?? 10_000)
  }

  if (adopted !== null) take(adopted)
  return {
    key,
    get pid() {
      return current?.run.pid ?? null
    },
    ensure: (spec) =>
      lock(async () => {
        retries.cancel()
        const before = wanted
        wanted = spec
        if (current?.run.fingerprint === fingerprintOf(spec)) {
          // One that was adopted may have been caught while it was starting.
          if (proven !== current) await waitUntilReady(spec, current)
          proven = current
          return false
        }
        if (current !== null) await end(current, before)
        retries.reset()
        await start(spec)
        return true
      }),
    restart: () =>
      lock(async () => {
        const spec = wanted
        if (spec === null) throw new EdgeyardError('SERVICE_FAILED', `Cannot restart ${key}: it is not wanted now`)
        retries.cancel()
        if (current !== null) await end(current, spec)
        retries.reset()
        await start(spec)
      }),
    stop: () => {
      const spec = wanted
      wanted = null
      retries.cancel()
      return lock(async () => {
        if (current !== null) await end(current, spec)
      })
    },
  }
}

async function waitUntilReady(spec: ServiceSpec, process: KeptProcess): Promise<void> {
  const refused = hearsRefusal(process)
  let why: unknown
  const ask = () =>
    spec.isReady(process).catch((error: unknown) => {
      why = error
      return false
    })
  const ready = await askUntil(ask, {
    ms: spec.readyDeadlineMs,
    gaveUp: () => process.end !== null || refused(),
  })
  if (ready && process.end === null) return
  const lines = await process.lastLines().catch(() => [])
  const late = `was not ready after ${spec.readyDeadlineMs / 1000} s`
  const what = process.end !== null || refused() ? 'ended before it was ready' : late
  if (process.end === null) await process.stop('SIGTERM', spec.stopDeadlineMs)
  const last = lines.length > 0 || why === undefined ? lines : [messageOf(why)]
  throw new EdgeyardError('SERVICE_FAILED', [`Cannot start ${spec.label}: it ${what}`, ...last].join('\n  '), {
    cause: why,
  })
}

/** Most services say nothing on fd 3. One that says `failed` there need not be waited for. */
function hearsRefusal({ channel }: KeptProcess): () => boolean {
  let refused = false
  void channel?.next().then(
    (line) => {
      refused = line?.includes('"failed"') ?? false
    },
    () => {},
  )
  return () => refused
}
