// A script that is loaded: its hooks, its worker object and its timers. One for each file that a conf names.
import type { Conf } from '../contract/conf/conf.ts'
import type { Environment, Worker } from '../contract/script.ts'
import { type ContextGeneration, EventContext } from './context.ts'
import { nextRequestId } from './request-id.ts'
import type { ScriptHooks } from './script-hooks.ts'
import type { ScriptSource } from './script-source.ts'
import { beforeDeadline } from './start-deadline.ts'
import { pending } from './thenable.ts'
import { createTimers, type Timers } from './timers.ts'
import { createScriptTimers } from './watchdog/script-timers.ts'
import type { World } from './world.ts'

export interface LoadedScript {
  readonly source: ScriptSource
  /** Runs the `start` hook. Rejects with what it throws. */
  start(): Promise<void>
  beginTimers(): void
  endTimers(): void
  /** Runs the `stop` hook; its errors are logged. */
  stop(why: 'reload' | 'quit'): Promise<void>
}

export interface LoadScriptOptions {
  readonly file: string
  readonly release: string
  readonly codeCache: Conf['codeCache']
  /** Of the first location that names the script. */
  readonly env: Environment
  /** Whose script it is. */
  readonly generation: ContextGeneration
  readonly world: Pick<World, 'createScriptSource' | 'every'>
  exiting(): boolean
  /** Gives what a script does while it is loaded an end. */
  readonly load: <T>(run: () => T) => T
}

export function loadScript(options: LoadScriptOptions): LoadedScript {
  const { file, release, codeCache, env, generation, world } = options
  const { services } = generation
  const { faults, logger, stacks } = services
  const createContext = () => new EventContext({ generation, env, script: file, id: nextRequestId() })
  const ofEvery = { phase: 'every', script: file }
  const createWorker = (): { worker: Worker; timers: Timers } => {
    const timers = createTimers({
      of: ofEvery,
      deadlines: services.deadlines,
      world,
      onError: (thrown) => faults.report(thrown, ofEvery),
    })
    const worker: Worker = {
      id: services.worker.id,
      pid: process.pid,
      env,
      ctx: createContext(),
      get exiting() {
        return options.exiting()
      },
      every(ms, fn, { only = 'worker0' } = {}) {
        if (typeof fn !== 'function') throw new TypeError('worker.every takes a function')
        if (only === 'worker0' && services.worker.id !== 0) return
        timers.every(ms, async (running) => {
          const ctx = createContext()
          ctx.running = running
          try {
            await fn(ctx)
          } finally {
            ctx.end()
          }
        })
      },
      sockets: () => services.socketsOf(file),
    }
    return { worker, timers }
  }
  const stop = async (hooks: ScriptHooks, worker: Worker, why: 'reload' | 'quit') => {
    try {
      await hooks.stop?.(worker, why)
    } catch (thrown) {
      faults.report(thrown, { phase: 'stop', script: file })
    }
  }

  let live = createWorker()
  const source = world.createScriptSource({
    runLimited: options.load,
    release,
    file,
    codeCache,
    stacks,
    timers: createScriptTimers(file, faults),
    now: () => performance.now(),
    onBroken: (thrown) => faults.report(thrown, { phase: 'load', script: file, note: 'the last good code serves on' }),
    onWarning: (message) => logger.write({ severity: 'warn', message }),
    onChange(from, to) {
      const next = createWorker()
      const begin = () => {
        const before = live
        before.timers.end()
        live = next
        live.timers.begin()
        logger.write({ severity: 'notice', message: `${file} has changed and is live` })
        services.jobs.track(stop(from, before.worker, 'reload'))
      }
      const started = pending(to.start?.(next.worker))
      if (started !== undefined) return beforeDeadline(started).then(begin)
      begin()
    },
  })
  return {
    source,
    start: async () => options.load(() => source.live().start?.(live.worker)),
    beginTimers: () => live.timers.begin(),
    endTimers: () => live.timers.end(),
    stop: (why) => stop(source.live(), live.worker, why),
  }
}
