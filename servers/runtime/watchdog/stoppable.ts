// A piece of a script that begins something of its own: a job, a timer's tick. It runs on a stack of its own, so that nothing of ours
// is cut off with it when the watchdog stops it.
import type { Awaitable } from '../../contract/script.ts'
import type { FaultOf } from '../faults.ts'
import { enterScript, leaveScript, type Running } from './running.ts'

/** Runs `fn` in the next turn of the event loop. Rejects with what it throws, or with SCRIPT_CPU_LIMIT when it was stopped. */
export function runStoppable<T>(of: FaultOf, fn: (running: Running) => Awaitable<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const running: Running = { runs: () => of, stopped: reject }
    setTimeout(() => {
      const outer = enterScript(running)
      try {
        resolve(fn(running))
      } catch (thrown) {
        reject(thrown)
      } finally {
        leaveScript(outer)
      }
    }, 0)
  })
}
