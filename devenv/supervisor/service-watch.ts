// Notices a service that runs and does not answer: stopped by a signal, deadlocked, or waiting for what never comes.
import type { Clock } from './clock.ts'

/** A check is a connection and some bytes; so often it costs nothing that could be measured. */
const CHECK_EVERY_MS = 5_000
/** Of a check that was not answered, the next: whether it was an accident is soon known. */
const CHECK_AGAIN_MS = 1_000
/** Far more than a busy machine makes a few bytes wait. */
const CHECK_DEADLINE_MS = 5_000
/** So many in a row during which it has not had a processor at all, and it hangs: known after 23 s at the latest. */
const MISSED_IDLE_MAX = 3
/** Of one that works, or is starved: two minutes. A loop without an end is found as well, a burst of work is let be. */
const MISSED_MAX = 20
/** The time of a check is counted in steps; one that comes later than this says that we were the ones who did not run. */
const STEP_MS = 1_000
const STEP_LATE_MS = 500
/** So does a connection that we could not even begin. */
const OURS = ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']

export interface ServiceWatch {
  /** Checks in a row that were not answered. */
  readonly missed: number
  end(): void
}

export interface Watched {
  /** Asked every few seconds, and aborted when its time is up: false, an error and silence are the same. */
  answers(signal: AbortSignal): Promise<boolean>
  /** How much of a processor it has had so far. */
  ticks(): number | null
}

/**
 * `onHung` is called once, and that is the end of the watch. Only a clock that nobody sets counts, and only while this process
 * runs itself: whoever was stopped, or starved, or has no file descriptors left, knows nothing of others.
 */
export function watchService(clock: Clock, { answers, ticks }: Watched, onHung: () => void): ServiceWatch {
  let missed = 0
  let missedIdle = 0
  let ended = false
  let takeBack = () => {}
  let abort = new AbortController()

  const ask = async (signal: AbortSignal) => {
    try {
      return await answers(signal)
    } catch (error) {
      return isOurs(error) ? null : false
    }
  }
  const ticksNow = () => {
    try {
      return ticks()
    } catch {
      return null
    }
  }
  const check = async () => {
    abort = new AbortController()
    const time = spend(clock, CHECK_DEADLINE_MS)
    const before = ticksNow()
    const answered = await Promise.race([ask(abort.signal), time.over.then((awake) => (awake ? false : null))])
    time.takeBack()
    abort.abort()
    if (ended) return
    if (answered === false) {
      missed++
      missedIdle = before !== null && ticksNow() === before ? missedIdle + 1 : 0
    } else if (answered) missed = missedIdle = 0
    if (missed < MISSED_MAX && missedIdle < MISSED_IDLE_MAX)
      return later(missed === 0 ? CHECK_EVERY_MS : CHECK_AGAIN_MS)
    ended = true
    onHung()
  }
  const later = (ms: number) => {
    takeBack = clock.after(ms, () => void check())
  }
  later(CHECK_EVERY_MS)

  return {
    get missed() {
      return missed
    },
    end() {
      ended = true
      takeBack()
      abort.abort()
    },
  }
}

function isOurs(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: { code?: string } }
  return OURS.includes(code ?? cause?.code ?? '')
}

/** Resolves with true when the time is over and this process has run all the while; with false as soon as it has not. */
function spend(clock: Clock, ms: number): { readonly over: Promise<boolean>; takeBack(): void } {
  let takeBack = () => {}
  const over = new Promise<boolean>((resolve) => {
    const step = (left: number) => {
      const due = clock.now() + STEP_MS
      takeBack = clock.after(STEP_MS, () => {
        if (clock.now() > due + STEP_LATE_MS) return resolve(false)
        if (left > STEP_MS) return step(left - STEP_MS)
        // What has arrived meanwhile is read first.
        setImmediate(resolve, true)
      })
    }
    step(ms)
  })
  return { over, takeBack: () => takeBack() }
}
