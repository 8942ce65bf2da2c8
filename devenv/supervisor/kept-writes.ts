// What could not be written is kept, for each sandbox in its order, and tried again: soon at first, then less and less often.
import { isEdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import type { Clock } from './clock.ts'
import type { YardLog } from './yard-context.ts'

/** To the first time it is tried again; twice as long to each next. */
export const TRY_AGAIN_MS = 1_000
/** A disk that is full all night costs some attempts an hour; a morning with room is not far from the next. */
const TRY_AGAIN_MAX_MS = 5 * 60_000

interface Write {
  readonly what: string
  job(): Promise<void>
}

export interface KeptWrites {
  /** How many are kept. */
  readonly size: number
  has(key: string): boolean
  /** Writes it, or keeps it, behind what is kept of the same key. Never rejects. */
  write(key: string, write: Write): Promise<void>
  /** Tries all of it. Never rejects. */
  tryAgain(): Promise<void>
  /** Forgets what is kept for any other key. */
  keepOnly(keys: ReadonlySet<string>): void
}

/** `onDue` is called when it is time to try again; one job at a time is the caller's to see to. */
export function createKeptWrites(clock: Clock, log: YardLog, onDue: () => void): KeptWrites {
  const kept = new Map<string, Write[]>()
  let againMs = TRY_AGAIN_MS
  let isDue = false

  const waitForNext = () => {
    if (isDue || kept.size === 0) return
    isDue = true
    clock.after(againMs, () => {
      isDue = false
      onDue()
    })
    againMs = Math.min(2 * againMs, TRY_AGAIN_MAX_MS)
  }
  /** False when it has to be tried again. */
  const tryOne = async ({ what, job }: Write, isFirst: boolean): Promise<boolean> => {
    try {
      await job()
      return true
    } catch (error) {
      // A commit that is not there does not come back.
      const isLost = isEdgeyardError(error) && error.code === 'RELEASE_UNKNOWN'
      if (isLost) log('error', `Cannot write ${what}: ${messageOf(error)}`)
      else if (isFirst) log('error', `Cannot write ${what}, which is tried again: ${messageOf(error)}`)
      return isLost
    }
  }

  return {
    get size() {
      return [...kept.values()].reduce((sum, writes) => sum + writes.length, 0)
    },
    has: (key) => kept.has(key),
    async write(key, write) {
      const before = kept.get(key)
      if (before !== undefined) before.push(write)
      else if (!(await tryOne(write, true))) kept.set(key, [write])
      waitForNext()
    },
    async tryAgain() {
      for (const [key, writes] of kept) {
        while (writes[0] !== undefined && (await tryOne(writes[0], false))) writes.shift()
        if (writes.length > 0) continue
        kept.delete(key)
        log('notice', `What was live of ${key} is written now`)
      }
      if (kept.size === 0) againMs = TRY_AGAIN_MS
      waitForNext()
    },
    keepOnly(keys) {
      for (const key of kept.keys()) if (!keys.has(key)) kept.delete(key)
    },
  }
}
