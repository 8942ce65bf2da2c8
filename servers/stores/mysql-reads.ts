// Statements that only read and were quick before: those of one turn of the event loop share a few connections, several in one
// write. Each has its own reply. One that is slow does not hold up those behind it: they are asked again elsewhere, which is
// why none may change anything.
import { EdgeyardError } from '../contract/errors.ts'
import { Deadlines } from './deadlines.ts'
import { type MysqlLane, NOT_READ, type Read } from './mysql-lane.ts'
import type { MysqlLink, MysqlPool } from './mysql-pool.ts'
import type { Columns } from './mysql-query.ts'

/** Statements in one write. More save little, and MySQL answers those of one connection one after the other. */
const TOGETHER_MAX = 16
/** A quick statement that has not answered after this is not. */
const STALLED_MS = 25
/** A longer text is sent by the library: a packet has its limits. */
const TEXT_LENGTH_MAX = 64 * 1024

export interface MysqlReads {
  /** Rejects with {@link NOT_READ} when the library is to ask, with errors of the library, or as the pool does. */
  read(columns: Columns, text: string): Promise<unknown[]>
}

export function createMysqlReads(pool: MysqlPool, timeoutMs: number, timedOut: () => Error): MysqlReads {
  let turn: Read[] = []
  const deadlines = new Deadlines<MysqlLane>(timeoutMs, (lane) => {
    lane.unanswered[0]?.reject(timedOut())
    lane.fail(NOT_READ)
  })
  const stalls = new Deadlines<MysqlLane>(Math.min(STALLED_MS, timeoutMs / 2), (lane) => {
    const [slow, ...others] = lane.unanswered
    if (slow !== undefined) slow.columns.isQuickRead = false
    for (const read of others) read.reject(NOT_READ)
  })

  function flush(): void {
    const reads = turn
    turn = []
    for (let at = 0; at < reads.length; at += TOGETHER_MAX) {
      const together = reads.length <= TOGETHER_MAX ? reads : reads.slice(at, at + TOGETHER_MAX)
      try {
        const acquired = pool.acquire()
        if (!(acquired instanceof Promise)) sendOver(acquired, together)
        else {
          acquired.then(
            (link) => sendOver(link, together),
            (error) => refuse(together, error),
          )
        }
      } catch (error) {
        refuse(together, error)
      }
    }
  }

  function sendOver(link: MysqlLink, reads: readonly Read[]): void {
    const now = performance.now()
    const late = deadlines.add(link.lane, now)
    const stalled = reads.length === 1 ? undefined : stalls.add(link.lane, now)
    link.lane.send(reads, (sound) => {
      deadlines.remove(late)
      if (stalled !== undefined) stalls.remove(stalled)
      pool.release(link, sound)
    })
  }

  return {
    read(columns, text) {
      if (text.length > TEXT_LENGTH_MAX) return Promise.reject(NOT_READ)
      return new Promise((resolve, reject) => {
        if (turn.length === 0) setImmediate(flush)
        turn.push({ columns, text, resolve, reject })
      })
    },
  }
}

/** Each gets its own error, which is to have its own stack. */
function refuse(reads: readonly Read[], error: unknown): void {
  for (const { reject } of reads) {
    reject(
      error instanceof EdgeyardError ? new EdgeyardError(error.code, error.message, { cause: error.cause }) : error,
    )
  }
}
