// What may not take longer than so many milliseconds, thousands at once: a list for each length of time, and a sweep that looks at
// the oldest of it now and then. No timer and no look at a clock for each request.
//
//   const deadline = deadlines.add(60_000, () => giveUp())
//   … deadline.cancel()

export interface Deadlines {
  /** Calls `late` once `ms` have passed, up to a sixteenth later, unless it is cancelled first. `late` must not throw. */
  add(ms: number, late: () => void): Deadline
}

export interface Deadline {
  /** Also when it was late already. */
  cancel(): void
}

/** Of a length of time: how often its list is looked at. */
const SWEEPS = 16
const SWEEP_MS_MIN = 5

/** `every` is for tests: it calls its argument each `ms` until the function it returned is called. */
export function createDeadlines(every: (ms: number, sweep: () => void) => () => void = everyMs): Deadlines {
  const lists = new Map<number, DeadlineList>()
  return {
    add(ms, late) {
      let list = lists.get(ms)
      if (list === undefined) {
        list = new DeadlineList(ms, every)
        lists.set(ms, list)
      }
      return list.add(late)
    },
  }
}

class Entry implements Deadline {
  before: Entry | undefined
  next: Entry | undefined
  late: (() => void) | undefined
  /** The sweeps that had been when it was added. */
  readonly since: number

  constructor(since: number, late: (() => void) | undefined) {
    this.since = since
    this.late = late
  }

  cancel(): void {
    if (this.late === undefined) return
    this.late = undefined
    this.before!.next = this.next
    this.next!.before = this.before
  }
}

/** All of one length, so the first is always the oldest. */
class DeadlineList {
  readonly #ends = new Entry(0, undefined)
  readonly #ms: number
  readonly #every: (ms: number, sweep: () => void) => () => void
  #sweeps = 0
  #rest: (() => void) | undefined

  constructor(ms: number, every: (ms: number, sweep: () => void) => () => void) {
    this.#ms = ms
    this.#every = every
    this.#ends.before = this.#ends
    this.#ends.next = this.#ends
  }

  add(late: () => void): Deadline {
    const entry = new Entry(this.#sweeps, late)
    const last = this.#ends.before!
    entry.before = last
    entry.next = this.#ends
    last.next = entry
    this.#ends.before = entry
    this.#rest ??= this.#every(Math.max(SWEEP_MS_MIN, Math.ceil(this.#ms / SWEEPS)), () => this.#sweep())
    return entry
  }

  #sweep(): void {
    this.#sweeps++
    for (let entry = this.#ends.next!; entry !== this.#ends; entry = this.#ends.next!) {
      // The sweep before the first one may have come right after it was added.
      if (this.#sweeps - entry.since <= SWEEPS) return
      const { late } = entry
      entry.cancel()
      late!()
    }
    // Nobody is waited for: the process need not wake up.
    this.#rest?.()
    this.#rest = undefined
  }
}

function everyMs(ms: number, sweep: () => void): () => void {
  const timer = setInterval(sweep, ms).unref()
  return () => clearInterval(timer)
}
