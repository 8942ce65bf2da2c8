// `setTimeout`, `setInterval` and `setImmediate` as a script has them: what they call is watched like a hook.
import { promisify } from 'node:util'
import type { FaultOf, Faults } from '../faults.ts'
import { enterScript, leaveScript, type Running } from './running.ts'

type Callback = (...args: unknown[]) => unknown

export interface ScriptTimers {
  readonly setTimeout: typeof setTimeout
  readonly setInterval: typeof setInterval
  readonly setImmediate: typeof setImmediate
}

export function createScriptTimers(script: string, faults: Faults): ScriptTimers {
  const of: FaultOf = { phase: 'timer', script }
  const once: Running = { runs: () => of, stopped: (error) => faults.report(error, of) }
  const watched = (callback: unknown, running: Running) =>
    typeof callback === 'function'
      ? function (this: unknown, ...args: unknown[]) {
          const outer = enterScript(running)
          try {
            return (callback as Callback).apply(this, args)
          } finally {
            leaveScript(outer)
          }
        }
      : // Node's own error says what is wrong with it.
        (callback as Callback)
  const timers = {
    setTimeout: (callback: unknown, ms?: number, ...args: unknown[]) =>
      setTimeout(watched(callback, once), ms, ...args),
    setImmediate: (callback: unknown, ...args: unknown[]) => setImmediate(watched(callback, once), ...args),
    setInterval(callback: unknown, ms?: number, ...args: unknown[]) {
      const running: Running = {
        runs: () => of,
        stopped(error) {
          faults.report(error, of)
          // Node sets the next one when this one has returned, which it has not.
          interval.refresh()
        },
      }
      const interval = setInterval(watched(callback, running), ms, ...args)
      return interval
    },
  }
  const wait = (ms?: number, value?: unknown) => new Promise((resolve) => timers.setTimeout(() => resolve(value), ms))
  const waitTurn = (value?: unknown) => new Promise((resolve) => timers.setImmediate(() => resolve(value)))
  Object.defineProperty(timers.setTimeout, promisify.custom, { value: wait })
  Object.defineProperty(timers.setImmediate, promisify.custom, { value: waitTurn })
  return timers as unknown as ScriptTimers
}
