// A process that the yard itself needs: started, asked until it is ready, started again when it dies or hangs.
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import type { Command } from '../exec/command.ts'
import { processorTicks } from '../exec/process-table.ts'
import { createCrashRetries } from './crash-retries.ts'
import { endHung } from './end-hung.ts'
import { createLock } from './lock.ts'
import type { KeptProcess } from './processes.ts'
import type { RecordSource } from './record-sender.ts'
import { waitUntilReady } from './service-ready.ts'
import { describeTrouble, type Fallen } from './service-trouble.ts'
import { type ServiceWatch, watchService } from './service-watch.ts'
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
  /** Asked every few seconds while it runs, as cheaply as can be; see {@link watchService}. */
  stillAnswers(signal: AbortSignal): Promise<boolean>
}

export interface Service {
  readonly key: string
  readonly pid: number | null
  /** What is, or lately was, wrong with it; null when all is well. For people. */
  readonly trouble: string | null
  /**
   * Starts it, or starts it anew when it should run as something else; false when it runs already. Throws SERVICE_FAILED with
   * its last lines.
   */
  ensure(spec: ServiceSpec): Promise<boolean>
  /** Stops it and starts what it should run as. Throws as `ensure` does. */
  restart(): Promise<void>
  stop(): Promise<void>
  /** Watches it no more, and lets it run on. */
  leave(): void
}

/** Of one that hangs. What still works in it is ended in order; the rest cannot be waited for. */
const HUNG_STOP_DEADLINE_MS = 10_000

/** Stands for all a service was started with. */
function fingerprintOf({ command, conf }: ServiceSpec): string {
  return createHash('sha256')
    .update(JSON.stringify([command, conf]))
    .digest('hex')
    .slice(0, 16)
}

/** `adopted`: its process, if a daemon before us left one. */
export function createService(context: YardContext, key: string, adopted: KeptProcess | null): Service {
  const lock = createLock()
  let current: KeptProcess | null = null
  let wanted: ServiceSpec | null = null
  /** It was ready once: from then on it is watched. */
  let proven: KeptProcess | null = null
  let watch: ServiceWatch | null = null
  /** It did not answer, and is being ended. */
  let hung: KeptProcess | null = null
  /** When one last ended that should not have, and why. */
  let fallen: Fallen | null = null
  /** The same, until it is ready again. */
  let lost: Fallen['how'] | null = null
  /** Everybody is asked for again every half minute, mostly as the same: a conf may be a megabyte. */
  let printed: { readonly spec: ServiceSpec; readonly fingerprint: string } | null = null
  const { log, processes, clock } = context
  const retries = createCrashRetries(clock)

  const fingerprint = (spec: ServiceSpec) => {
    const isSame =
      printed !== null && printed.spec.conf === spec.conf && isDeepStrictEqual(printed.spec.command, spec.command)
    printed = { spec, fingerprint: isSame ? printed!.fingerprint : fingerprintOf(spec) }
    return printed.fingerprint
  }
  const take = (process: KeptProcess) => {
    current = process
    void process.ended.then(() => {
      if (current === process) onDeath(process)
    })
  }
  const prove = (process: KeptProcess, spec: ServiceSpec) => {
    proven = process
    watch?.end()
    const ticks = () => processorTicks(process.run.pid)
    watch = watchService(clock, { answers: spec.stillAnswers, ticks }, () => {
      if (current !== process) return
      log('crit', `${spec.label} hangs: it does not answer any more, and is started again`, { pid: process.run.pid })
      hung = process
      void endHung(process, HUNG_STOP_DEADLINE_MS)
    })
  }
  const onDeath = (process: KeptProcess) => {
    current = null
    watch?.end()
    lost = hung === process ? 'hung' : 'died'
    fallen = { how: lost, atMs: clock.now() }
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
      ...{ key, role: 'live', source: spec.source, fingerprint: fingerprint(spec), restarts: retries.crashes },
    })
    await waitUntilReady(spec, process)
    take(process)
    prove(process, spec)
    // To a collector that hung, nothing else of this has been told.
    log('notice', `${spec.label} is ready${lost === null ? '' : ` again: it ${lost}`}`, {
      pid: process.run.pid,
      restarts: retries.crashes,
    })
    lost = null
  }
  const end = async (process: KeptProcess, spec: ServiceSpec | null) => {
    if (current === process) current = null
    watch?.end()
    await process.stop(spec?.stopSignal ?? 'SIGTERM', spec?.stopDeadlineMs ?? 10_000)
  }
  /** One that was adopted may have been caught while it was starting. False when it hangs, and has been ended. */
  const isReadyStill = async (process: KeptProcess, spec: ServiceSpec) => {
    const ageMs = clock.now() - process.run.startedMs
    const readyDeadlineMs = Math.max(HUNG_STOP_DEADLINE_MS, spec.readyDeadlineMs - ageMs)
    hung = process
    try {
      await waitUntilReady({ ...spec, readyDeadlineMs, stopDeadlineMs: HUNG_STOP_DEADLINE_MS }, process)
      hung = null
      return true
    } catch (error) {
      log('crit', `${spec.label} was adopted and hangs, and is started again: ${messageOf(error)}`)
      return false
    }
  }
  const trouble = () =>
    describeTrouble({
      ...{ runs: current !== null, wanted: wanted !== null, ending: hung !== null && hung === current, fallen },
      ...{ missed: watch?.missed ?? 0, crashes: retries.crashes, nextInMs: retries.nextInMs, nowMs: clock.now() },
    })

  if (adopted !== null) take(adopted)
  return {
    key,
    get pid() {
      return current?.run.pid ?? null
    },
    get trouble() {
      return trouble()
    },
    ensure: (spec) =>
      lock(async () => {
        const before = wanted
        wanted = spec
        const was = before === null ? null : fingerprint(before)
        const same = was === fingerprint(spec)
        // Who asks again must not start again and again what dies again and again.
        if (current === null && same && retries.nextInMs !== null)
          throw new EdgeyardError('SERVICE_FAILED', `Cannot use ${spec.label}: it ${trouble()}`)
        retries.cancel()
        if (current?.run.fingerprint === fingerprint(spec)) {
          const process = current
          if (proven === process) return false
          if (await isReadyStill(process, spec)) {
            prove(process, spec)
            return false
          }
          retries.cancel()
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
    leave() {
      wanted = null
      retries.cancel()
      watch?.end()
    },
  }
}
