// Pushes take turns: building and booting are the processors' work, and twenty of them at once would each take twenty times
// as long, the first no less than the last. First come, first served, as many as there are processors.
import { TURN_COMES } from '../control/protocol.ts'

/** A push that holds its turn for longer than all its own deadlines together has hung: the next one comes all the same. */
const TURN_MAX_MS = 10 * 60_000
/** Pushes that wait. A connection beyond them goes on at once: the control socket takes no more clients than this anyway. */
const WAITING_MAX = 200

export interface PushTurns {
  /** Pushes have their turn, wait for it, or will ask for it. */
  readonly isBusy: boolean
  /**
   * A push has begun that will ask for a turn. True when a processor is free for it already; then it is counted until `gone`,
   * so that of many that begin at once not all are told so.
   */
  expect(gone: AbortSignal): boolean
  /**
   * Says {@link TURN_COMES} when it is the push's turn, which lasts until `gone`. Resolves when it will not be, or is no
   * longer, its turn; after `gone` nobody cares how.
   */
  take(
    key: string | null,
    say: (line: string) => void,
    gone: AbortSignal,
  ): Promise<{ readonly end: 'replaced' | 'late' }>
}

interface Waiting {
  readonly key: string | null
  /** Lets it begin. */
  begin(): void
  replace(): void
}

export function createPushTurns({ slots }: { slots: number }): PushTurns {
  const line: Waiting[] = []
  let free = slots
  let expected = 0

  const next = () => {
    while (free > 0 && line.length > 0) {
      free--
      line.shift()!.begin()
    }
  }

  return {
    get isBusy() {
      return expected > 0 || free < slots || line.length > 0
    },
    expect(gone) {
      if (gone.aborted || expected >= free) return false
      expected++
      gone.addEventListener('abort', () => expected--, { once: true })
      return true
    },
    take(key, say, gone) {
      return new Promise((resolve) => {
        if (gone.aborted) return resolve({ end: 'late' })
        const waiting: Waiting = {
          key,
          begin() {
            const finish = () => {
              clearTimeout(timer)
              gone.removeEventListener('abort', finish)
              free++
              resolve({ end: 'late' })
              next()
            }
            const timer = setTimeout(finish, TURN_MAX_MS).unref()
            gone.removeEventListener('abort', leave)
            gone.addEventListener('abort', finish)
            say(TURN_COMES)
          },
          replace() {
            gone.removeEventListener('abort', leave)
            resolve({ end: 'replaced' })
          },
        }
        const leave = () => {
          line.splice(line.indexOf(waiting), 1)
          resolve({ end: 'late' })
        }
        gone.addEventListener('abort', leave)
        // Of the pushes of one developer only the newest waits, in the place of the one that waited before it.
        const older = key === null ? -1 : line.findIndex((one) => one.key === key)
        if (older !== -1) line.splice(older, 1, waiting)[0]!.replace()
        else if (line.length < WAITING_MAX) line.push(waiting)
        else {
          gone.removeEventListener('abort', leave)
          return say(TURN_COMES)
        }
        const before = line.indexOf(waiting) + slots - free
        if (free === 0) say(`waiting: ${before} ${before === 1 ? 'push' : 'pushes'} before yours`)
        next()
      })
    },
  }
}
