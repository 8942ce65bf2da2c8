// Starts the watchdog's thread, or finds the one that was started beforehand: its start takes as long as that of a whole Node.
import { Worker } from 'node:worker_threads'
import { BEAT, beat, THREAD } from './running.ts'
import type { Limits, ThreadData } from './thread-protocol.ts'

/** Enough for V8's debugger to list the scripts of a process. */
const THREAD_LIMITS = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 2, codeRangeSizeMb: 0, stackSizeMb: 1 }

/** Who is at work pushes again within that. */
const KEEP_MS = 10 * 60_000

let keepMs = 0
let prepared: { readonly limits: Limits; readonly thread: Worker } | undefined

/** From now on threads of this process are kept for some minutes when nothing happens any more: somebody is at work on it. */
export function keepThread(): void {
  keepMs = KEEP_MS
}

/** For a process that waits to be needed: starts a thread, which sleeps until the first event. Does nothing without limits. */
export function prepareThread({ cpuLimit, memoryLimit }: Limits): void {
  const limits = { cpuLimit, memoryLimit }
  if (!isLimited(limits)) return
  Atomics.store(beat, BEAT.THREAD, THREAD.KEPT)
  const thread = startThread(limits)
  prepared = { limits, thread }
  // Without it, the first event starts another one.
  thread
    .on('error', () => {})
    .once('exit', () => {
      if (prepared?.thread === thread) prepared = undefined
    })
}

/** The one that was started beforehand, if it is there and was for these limits. Nobody finds it twice: one that does not fit ends. */
export function takePrepared(limits: Limits): Worker | undefined {
  if (prepared === undefined) return undefined
  const { thread, limits: known } = prepared
  prepared = undefined
  if (beat[BEAT.THREAD] === THREAD.KEPT && JSON.stringify(known) === JSON.stringify(limits)) return thread
  void thread.terminate()
  return undefined
}

/** What it is to do is in `beat`. */
export function startThread(limits: Limits): Worker {
  const thread = new Worker(new URL('./watchdog-thread.js', import.meta.url), {
    workerData: { beat, limits, keepMs } satisfies ThreadData,
    resourceLimits: THREAD_LIMITS,
    env: {},
    execArgv: [],
  })
  thread.unref()
  return thread
}

export function isLimited(limits: Limits): boolean {
  return [...Object.values(limits.cpuLimit), ...Object.values(limits.memoryLimit)].some((limit) => limit > 0)
}
