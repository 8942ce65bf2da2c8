// The events of one socket: one at a time, in the order in which they came, and not without end.

export interface EventQueue {
  /** Runs the event now when nothing is under way, else when its turn comes. False when there is no room for it. */
  push(event: () => Promise<void> | void, bytes: number): boolean
  /** Forgets the events that wait. */
  clear(): void
  /** The event that is under way will never end. */
  giveUp(): void
  /** Resolves when nothing is under way any more; undefined when nothing is. */
  idle(): Promise<void> | undefined
}

/** What a client may be ahead of the script: beyond this it is faster than the script will ever be. */
const QUEUE_EVENTS_MAX = 1000
const QUEUE_BYTES_MAX = 4 * 1024 * 1024

/** Events must not throw: they report what their hooks throw. */
export function createEventQueue(): EventQueue {
  let waiting: { event: () => Promise<void> | void; bytes: number }[] = []
  let waitingBytes = 0
  let running: Promise<void> | undefined
  /** Goes up when what is under way is given up: should it end after all, it has no say any more. */
  let turn = 0

  async function work(first: Promise<void>): Promise<void> {
    const mine = turn
    await first
    while (mine === turn) {
      const next = waiting.shift()
      if (next === undefined) break
      waitingBytes -= next.bytes
      await next.event()
    }
    if (mine !== turn) return
    running = undefined
  }

  return {
    push(event, bytes) {
      if (running === undefined) {
        const result = event()
        if (result !== undefined) running = work(result)
        return true
      }
      if (waiting.length >= QUEUE_EVENTS_MAX || waitingBytes + bytes > QUEUE_BYTES_MAX) return false
      waiting.push({ event, bytes })
      waitingBytes += bytes
      return true
    },
    clear() {
      waiting = []
      waitingBytes = 0
    },
    giveUp() {
      running = undefined
      turn++
    },
    idle: () => running,
  }
}
