// `worker.every`: begins when the server listens, ends when it drains, and never runs twice at once.
import type { EdgeyardError } from '../contract/errors.ts'
import type { Awaitable } from '../contract/script.ts'
import type { Deadlines, Waiter } from './deadlines.ts'
import type { FaultOf } from './faults.ts'
import { pending } from './thenable.ts'
import { enterScript, leaveScript, type Running } from './watchdog/running.ts'
import type { Ticker, World } from './world.ts'

export interface Timers {
  every(ms: number, fn: (running: Running) => Awaitable<void>): void
  begin(): void
  end(): void
}

export interface TimersOptions {
  /** What a tick is, for records. */
  readonly of: FaultOf
  readonly deadlines: Deadlines
  readonly world: Pick<World, 'every'>
  onError(thrown: unknown): void
}

/** The longest delay that a Node timer takes. */
const DELAY_MS_MAX = 2 ** 31 - 1

export function createTimers({ of, deadlines, world, onError }: TimersOptions): Timers {
  const waiting: (() => void)[] = []
  const ticking = new Set<Ticker>()
  let phase: 'before' | 'on' | 'over' = 'before'
  return {
    every(ms, fn) {
      if (!(ms >= 1 && ms <= DELAY_MS_MAX))
        throw new RangeError(`worker.every takes 1 to ${DELAY_MS_MAX} ms, not ${ms}`)
      let busy = false
      let ticker: Ticker | undefined
      const running: Waiter = {
        runs: () => of,
        // Nobody waits for it.
        late() {},
        stopped(error: EdgeyardError) {
          busy = false
          // Node sets the next tick when this one has returned, which it has not.
          ticker?.refresh()
          onError(error)
        },
      }
      const call = () => {
        const outer = enterScript(running)
        try {
          const result = fn(running)
          const waiting = pending(result)
          if (waiting === undefined) return result
          const deadline = deadlines.add(0, running, waiting)
          return waiting.finally(() => deadline.cancel())
        } finally {
          leaveScript(outer)
        }
      }
      const tick = async () => {
        if (busy) return
        busy = true
        try {
          await call()
        } catch (thrown) {
          onError(thrown)
        } finally {
          busy = false
        }
      }
      const begin = () => {
        ticker = world.every(ms, tick)
        ticking.add(ticker)
      }
      if (phase === 'before') waiting.push(begin)
      if (phase === 'on') begin()
    },
    begin() {
      if (phase !== 'before') return
      phase = 'on'
      for (const begin of waiting.splice(0)) begin()
    },
    end() {
      phase = 'over'
      for (const ticker of ticking) ticker.end()
      ticking.clear()
    },
  }
}
