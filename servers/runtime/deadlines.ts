// What hooks are waited for: no longer than their `script_timeout`, thousands at once. A list for each length of time, and a sweep that
// looks at the oldest of it now and then: no timer and no look at a clock for each request.
//
//   const deadline = deadlines.add(60_000, this, promise)
//   … deadline.cancel()
import { setTimeout as elapse } from 'node:timers/promises'
import { collectGarbage } from './watchdog/collect-garbage.ts'
import { countWaiting, type Running } from './watchdog/running.ts'

/** Who waits for a hook. Must not throw. */
export interface Waiter extends Running {
  /** `ms` have passed. */
  late(ms: number): void
}

export interface Deadlines {
  /** Tells `waiter` once `ms` have passed, up to a sixteenth later, unless it is cancelled first. 0: never. */
  add(ms: number, waiter: Waiter, waiting: Promise<unknown>): Deadline
  /**
   * Takes out those whose promise can never settle: the code that would have settled it was cut off, and nothing leads there any more.
   * Takes a collection of all garbage.
   */
  takeDead(): Promise<Waiter[]>
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
    add(ms, waiter, waiting) {
      let list = lists.get(ms)
      if (list === undefined) {
        list = new DeadlineList(ms, every)
        lists.set(ms, list)
      }
      return list.add(waiter, waiting)
    },
    async takeDead() {
      const held = [...lists.values()].flatMap((list) => list.entries()).map(weaken)
      // What was looked at lives until the end of the turn.
      await elapse(0)
      collectGarbage()
      const dead = held.filter(({ entry, ref }) => !entry.revive(ref))
      for (const { entry } of dead) entry.cancel()
      return dead.map(({ waiter }) => waiter)
    },
  }
}

/** No closure here may see the promise: it would live as long. */
function weaken(entry: Entry): { entry: Entry; waiter: Waiter; ref: WeakRef<Promise<unknown>> } {
  const ref = new WeakRef(entry.waiting!)
  entry.waiting = undefined
  return { entry, waiter: entry.waiter!, ref }
}

class Entry implements Deadline {
  before: Entry | undefined
  next: Entry | undefined
  waiter: Waiter | undefined
  waiting: Promise<unknown> | undefined
  /** The sweeps that had been when it was added. */
  readonly since: number

  constructor(since: number, waiter: Waiter | undefined, waiting: Promise<unknown> | undefined) {
    this.since = since
    this.waiter = waiter
    this.waiting = waiting
  }

  cancel(): void {
    if (this.waiter === undefined) return
    this.waiter = undefined
    this.waiting = undefined
    countWaiting(-1)
    this.before!.next = this.next
    this.next!.before = this.before
  }

  /** False when its promise is no more, and somebody still waits. */
  revive(ref: WeakRef<Promise<unknown>>): boolean {
    if (this.waiter === undefined) return true
    this.waiting = ref.deref()
    return this.waiting !== undefined
  }
}

/** All of one length, so the first is always the oldest. */
class DeadlineList {
  readonly #ends = new Entry(0, undefined, undefined)
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

  add(waiter: Waiter, waiting: Promise<unknown>): Deadline {
    const entry = new Entry(this.#sweeps, waiter, waiting)
    const last = this.#ends.before!
    entry.before = last
    entry.next = this.#ends
    last.next = entry
    this.#ends.before = entry
    countWaiting(1)
    if (this.#rest === undefined && this.#ms > 0) {
      this.#rest = this.#every(Math.max(SWEEP_MS_MIN, Math.ceil(this.#ms / SWEEPS)), () => this.#sweep())
    }
    return entry
  }

  entries(): Entry[] {
    const all: Entry[] = []
    for (let entry = this.#ends.next!; entry !== this.#ends; entry = entry.next!) all.push(entry)
    return all
  }

  #sweep(): void {
    this.#sweeps++
    for (let entry = this.#ends.next!; entry !== this.#ends; entry = this.#ends.next!) {
      // The sweep before the first one may have come right after it was added.
      if (this.#sweeps - entry.since <= SWEEPS) return
      const { waiter } = entry
      entry.cancel()
      waiter!.late(this.#ms)
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
