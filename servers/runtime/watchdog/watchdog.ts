// `cpu_limit SOFT HARD`: nobody may keep the event loop for longer. A thread looks (watchdog-thread.ts), and only while something
// happens; what it finds is told here, on the thread that it watches. Past SOFT there is a record; past HARD the code that runs is
// stopped where it is, so that all other sockets and requests of the process are served again.
import type { Worker } from 'node:worker_threads'
import { EdgeyardError } from '../../contract/errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { Deadlines } from '../deadlines.ts'
import type { Faults } from '../faults.ts'
import type { StackMapper } from '../stack-mapper.ts'
import { createAsyncStack } from './async-stack.ts'
import { captureStack } from './capture-stack.ts'
import { collectGarbage } from './collect-garbage.ts'
import { isOverdue, loadMsOf, runWithin } from './run-within.ts'
import {
  BEAT,
  beat,
  currentlyRunning,
  enterScript,
  forgetRunning,
  leaveScript,
  onWake,
  type Running,
  THREAD,
} from './running.ts'
import { isLimited, startThread, takePrepared } from './start-thread.ts'
import { type FromThread, GATE, type Gate, type Limits, MEMORY_EXIT_CODE, STUCK_EXIT_CODE } from './thread-protocol.ts'

/** After the thread has nothing more to look at: V8 gives back the space of new objects to who was quiet for more than 5 s. */
const GIVE_BACK_MS = 1500

export interface WatchdogOptions {
  readonly deadlines: Deadlines
  readonly logger: Logger
  readonly faults: Faults
  readonly stacks: StackMapper
  /** The soft limit of memory is passed: somebody should replace the process. */
  onMemory(bytes: number): void
}

export interface Watchdog {
  /** From the next event on. */
  limit(limits: Limits): void
  /** While a debugger is attached nobody is too slow. */
  rest(resting: boolean): void
  /**
   * Runs what a script does while it is loaded: its top level, its `start` hook as far as it waits for nothing. While no processor
   * time is limited, `run` is stopped when it takes too long, and tried once more with somebody looking where it is. Throws what
   * it throws, or SCRIPT_CPU_LIMIT.
   */
  load<T>(cpuLimit: Limits['cpuLimit'], run: () => T): T
}

interface Found {
  readonly stack: string
  readonly since: number
  readonly running: Running | undefined
}

const NO_LIMIT: Limits = { cpuLimit: { softMs: 0, hardMs: 0 }, memoryLimit: { softBytes: 0, hardBytes: 0 } }

const LOADING: Running = { runs: () => ({ phase: 'load' }), stopped() {} }

const LOST = 'The script was to go on at the very moment at which another was stopped, and cannot any more'

/** What goes on after an `await` belongs to nobody who is known. */
const UNKNOWN = { phase: 'after an await' }

/** Starts nothing yet: the first event starts the thread. For the whole process, once. */
export function createWatchdog({ logger, faults, stacks, deadlines, onMemory }: WatchdogOptions): Watchdog {
  const asyncStack = createAsyncStack()
  let limits = NO_LIMIT
  let resting = false
  let thread: Worker | undefined
  let slow: Found | undefined
  let victim: Found | undefined

  const find = (stalledMs: number): Found => ({
    stack: captureStack(),
    since: performance.now() - stalledMs,
    running: currentlyRunning(),
  })
  const errorOf = ({ stack, since }: Found, what: string) => {
    const ms = Math.round(performance.now() - since)
    const { softMs, hardMs } = limits.cpuLimit
    const error = new EdgeyardError('SCRIPT_CPU_LIMIT', `${what} for ${ms} ms (cpu_limit ${softMs}ms ${hardMs}ms)`)
    error.stack = stack.replace(/^.*/, `${error.name}: ${error.message}`)
    return error
  }
  const gate: Gate = {
    slow(stalledMs) {
      slow = find(stalledMs)
    },
    stop(stalledMs) {
      slow = undefined
      victim = find(stalledMs)
      const { running, stack } = victim
      const isScript = running !== undefined || isBetweenPromises(stack) || stacks.isBuilt(stack)
      if (!isScript || !asyncStack.canBeCut(stack)) return 'unsafe'
      asyncStack.expectCut()
      forgetRunning()
      return 'cut'
    },
    exit(stalledMs) {
      const found = victim ?? find(stalledMs)
      const error = errorOf(
        found,
        'The event loop is held up and cannot be brought back: the process ends. It has stood',
      )
      process.stderr.write(`edge-server: [emerg] ${error.message}\n${framesOf(stacks.map(error.stack ?? ''))}\n`)
      reallyExit(STUCK_EXIT_CODE)
    },
    outOfMemory(bytes) {
      const [size, limit] = [bytes, limits.memoryLimit.hardBytes].map((number) => Math.round(number / 2 ** 20))
      const frames = framesOf(stacks.map(captureStack()))
      process.stderr.write(
        `edge-server: [emerg] The process has ${size} MiB of memory (memory_limit ${limit}m): it ends. It was here\n${frames}\n`,
      )
      reallyExit(MEMORY_EXIT_CODE)
    },
  }
  Object.defineProperty(globalThis, Symbol.for(GATE), { value: Object.freeze(gate) })

  const tellSlow = () => {
    if (slow === undefined) return
    const error = errorOf(slow, 'The script has held up all others')
    faults.report(error, { ...(slow.running?.runs() ?? UNKNOWN), severity: 'warn' })
    slow = undefined
  }
  const tellStopped = () => {
    asyncStack.mend()
    if (victim === undefined) return
    const { running } = victim
    const error = errorOf(victim, 'The script was stopped: it has held up all others')
    victim = undefined
    running?.stopped(error)
    // With what was cut off V8 has forgotten all that was to go on right after it.
    void deadlines.takeDead().then((dead) => {
      const lost = dead.filter((waiter) => waiter !== running)
      const [only] = lost
      if (running === undefined && lost.length === 1) return only!.stopped(error)
      if (running === undefined) faults.report(error, UNKNOWN)
      for (const one of lost) one.stopped(new EdgeyardError('SCRIPT_CPU_LIMIT', LOST))
    })
  }
  const start = () => {
    Atomics.store(beat, BEAT.ASLEEP, 0)
    const before = Atomics.exchange(beat, BEAT.THREAD, THREAD.LOOKS)
    if (before === THREAD.KEPT) Atomics.notify(beat, BEAT.THREAD)
    if (thread === undefined || before === THREAD.ENDED) use(startThread(limits))
  }
  const use = (started: Worker) => {
    thread = started
    started.on('message', (message: FromThread) => {
      const { kind } = message
      Atomics.add(beat, BEAT.TURNS, 1)
      if (kind === 'stopped') tellStopped()
      if (kind === 'slow') tellSlow()
      if (kind === 'memory') onMemory(message.bytes)
      if (kind === 'quiet') setTimeout(giveBack, GIVE_BACK_MS).unref()
    })
    started.on('error', (error) => {
      logger.write({ severity: 'alert', message: `the watchdog has ended: ${error.message}` })
    })
    started.on('exit', () => {
      if (thread !== started) return
      thread = undefined
      Atomics.store(beat, BEAT.ASLEEP, 1)
      setTimeout(giveBack, GIVE_BACK_MS).unref()
    })
  }
  const giveBack = () => {
    if (beat[BEAT.ASLEEP] === 0) return
    // The first makes the space for new objects small, the second gives its pages to the machine.
    collectGarbage()
    collectGarbage()
  }
  onWake(start)
  const begin = () => {
    void thread?.terminate()
    thread = takePrepared(limits)
    if (thread === undefined) Atomics.store(beat, BEAT.THREAD, THREAD.LOOKS)
    else use(thread)
    Atomics.store(beat, BEAT.ASLEEP, !resting && isLimited(limits) ? 1 : 0)
  }
  return {
    limit({ cpuLimit, memoryLimit }) {
      const next = { cpuLimit, memoryLimit }
      if (JSON.stringify(next) === JSON.stringify(limits)) return
      limits = next
      begin()
    },
    load(cpuLimit, run) {
      // From then on the thread looks, at whoever loads.
      if (resting || limits.cpuLimit.hardMs > 0) return run()
      const ms = loadMsOf(cpuLimit)
      try {
        return runWithin(ms, run)
      } catch (thrown) {
        if (!isOverdue(thrown)) throw thrown
      }
      const before = limits
      limits = { cpuLimit: { softMs: ms / 2, hardMs: 0 }, memoryLimit: NO_LIMIT.memoryLimit }
      begin()
      start()
      const outer = enterScript(LOADING)
      try {
        return runWithin(ms, run)
      } catch (thrown) {
        if (!isOverdue(thrown)) throw thrown
        const error = new EdgeyardError(
          'SCRIPT_CPU_LIMIT',
          `The script was stopped while it was loaded: twice it has not ended for ${ms} ms`,
        )
        if (slow !== undefined) error.stack = slow.stack.replace(/^.*/, `${error.name}: ${error.message}`)
        throw error
      } finally {
        leaveScript(outer)
        slow = undefined
        limits = before
        begin()
      }
    },
    rest(now) {
      if (now === resting) return
      resting = now
      begin()
    },
  }
}

/** Promises that leave nobody else a turn: it may be between two of them that it was found. */
function isBetweenPromises(stack: string): boolean {
  const [, ...frames] = stack.split('\n')
  return frames.every((frame) => frame.includes('node:internal/process/task_queues'))
}

/** No `exit` listener of a script has a say here. */
function reallyExit(code: number): void {
  ;(process as unknown as { reallyExit(code: number): void }).reallyExit(code)
}

function framesOf(stack: string): string {
  return stack.split('\n').slice(1).join('\n')
}
