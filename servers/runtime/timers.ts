// `worker.every`: begins when the server listens, ends when it drains, and never runs twice at once.
import type { Awaitable } from '../contract/script.ts'

export interface Timers {
  every(ms: number, fn: () => Awaitable<void>): void
  begin(): void
  end(): void
}

/** The longest delay that a Node timer takes. */
const DELAY_MS_MAX = 2 ** 31 - 1

export function createTimers(onError: (thrown: unknown) => void): Timers {
  const waiting: (() => void)[] = []
  const running = new Set<NodeJS.Timeout>()
  let phase: 'before' | 'on' | 'over' = 'before'
  return {
    every(ms, fn) {
      if (!(ms >= 1 && ms <= DELAY_MS_MAX))
        throw new RangeError(`worker.every takes 1 to ${DELAY_MS_MAX} ms, not ${ms}`)
      if (typeof fn !== 'function') throw new TypeError('worker.every takes a function')
      let busy = false
      const tick = async () => {
        if (busy) return
        busy = true
        try {
          await fn()
        } catch (thrown) {
          onError(thrown)
        } finally {
          busy = false
        }
      }
      const begin = () => running.add(setInterval(tick, ms))
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
      for (const timer of running) clearInterval(timer)
      running.clear()
    },
  }
}
