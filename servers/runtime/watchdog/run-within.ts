// A synchronous call with an end, by Node's own watchdog. It needs no thread of ours, but where the code was it cannot say.
import { Script } from 'node:vm'
import type { Limits } from './thread-protocol.ts'

const CALL = 'edgeyard.call'
const call = new Script(`globalThis[Symbol.for('${CALL}')]()`)

/** A processor that is shared by a whole yard that starts can take its time; twice the most is still less than a supervisor waits. */
const LOAD_MS_MIN = 3000
const LOAD_MS_MAX = 6000

/** How long a script may take until it is loaded: HARD, within bounds. */
export function loadMsOf({ hardMs }: Limits['cpuLimit']): number {
  return Math.min(Math.max(hardMs || LOAD_MS_MAX, LOAD_MS_MIN), LOAD_MS_MAX)
}

/** Throws what `run` throws, or what {@link isOverdue} knows. */
export function runWithin<T>(ms: number, run: () => T): T {
  const key = Symbol.for(CALL)
  Object.defineProperty(globalThis, key, { value: run, configurable: true })
  try {
    // Node would put the built line in front of the stack.
    return call.runInThisContext({ timeout: ms, displayErrors: false })
  } finally {
    Reflect.deleteProperty(globalThis, key)
  }
}

export function isOverdue(thrown: unknown): boolean {
  return (thrown as { code?: unknown } | undefined)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
}
