// A clock that stands still until it is moved.
import type { Ticker } from '../../runtime/world.ts'
import type { Clock } from './types.ts'

interface Entry {
  readonly ms: number
  readonly tick: () => void
  dueMs: number
}

export class ManualClock implements Clock {
  nowMs = 0
  readonly #entries = new Set<Entry>()

  readonly every = (ms: number, tick: () => void): Ticker => {
    const entry = { ms, tick, dueMs: this.nowMs + ms }
    this.#entries.add(entry)
    return {
      refresh: () => {
        entry.dueMs = this.nowMs + ms
      },
      end: () => this.#entries.delete(entry),
    }
  }

  async tick(ms: number): Promise<void> {
    const until = this.nowMs + ms
    for (let entry = this.#nextDue(until); entry !== undefined; entry = this.#nextDue(until)) {
      this.nowMs = entry.dueMs
      entry.dueMs += entry.ms
      entry.tick()
      // What it began goes on before the next one.
      await new Promise(setImmediate)
    }
    this.nowMs = until
    await new Promise(setImmediate)
  }

  #nextDue(untilMs: number): Entry | undefined {
    let next: Entry | undefined
    for (const entry of this.#entries) {
      if (entry.dueMs <= untilMs && (next === undefined || entry.dueMs < next.dueMs)) next = entry
    }
    return next
  }
}
