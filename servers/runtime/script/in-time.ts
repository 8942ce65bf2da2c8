// `script_timeout`: a hook that waits for something that never comes must not keep its client, or its server's end, waiting as well.
import type { EdgeyardError } from '../../contract/errors.ts'
import type { EventContext } from '../context.ts'
import type { Deadlines, Waiter } from '../deadlines.ts'
import type { FaultOf } from '../faults.ts'
import type { Running } from '../watchdog/running.ts'

export class ScriptTimeout extends Error {
  constructor(phase: string, ms: number) {
    super(`"${phase}" has not ended within ${ms} ms (script_timeout)`)
    this.name = 'TimeoutError'
  }
}

export interface Timed {
  readonly ctx: EventContext
  readonly deadlines: Deadlines
  /** 0: for ever. */
  readonly ms: number
  /** Whose hook is under way. */
  readonly running: Running
}

/**
 * Settles as `work` does, or rejects with a ScriptTimeout: `ctx.signal` is aborted with it, and what `work` does then is nobody's business.
 * Rejects as well when the watchdog has cut off what would have settled `work`: so nobody who waits may hold `work` itself, not even
 * in a variable of an async function.
 */
export function inTime<T>(work: Promise<T>, { ctx, deadlines, ms, running }: Timed): Promise<T> {
  const hook = new TimedHook(ctx, running)
  const settled = hook.settled as Promise<T>
  hook.deadline = deadlines.add(ms, hook, work)
  work.then(hook.resolve, hook.reject)
  return settled
}

class TimedHook implements Waiter {
  readonly settled: Promise<unknown>
  deadline: { cancel(): void } | undefined
  resolve: (result: unknown) => void = () => {}
  reject: (thrown: unknown) => void = () => {}
  readonly #ctx: EventContext
  readonly #running: Running

  constructor(ctx: EventContext, running: Running) {
    this.#ctx = ctx
    this.#running = running
    this.settled = new Promise((resolve, reject) => {
      this.resolve = (result) => {
        this.deadline?.cancel()
        resolve(result)
      }
      this.reject = (thrown) => {
        this.deadline?.cancel()
        reject(thrown)
      }
    })
  }

  late(ms: number): void {
    const late = new ScriptTimeout(this.runs().phase, ms)
    this.reject(late)
    this.#ctx.abort(late)
  }

  runs(): FaultOf {
    return this.#running.runs()
  }

  stopped(error: EdgeyardError): void {
    this.reject(error)
    this.#ctx.abort(error)
  }
}
