// Connections to one MySQL: so many at most, those that are idle kept for a while, and a queue in front of them.
import type { Connection } from 'mysql2'
import type { MysqlConf } from '../contract/conf/conf.ts'
import { EdgeyardError } from '../contract/errors.ts'
import { Deadlines } from './deadlines.ts'
import type { MysqlLane } from './mysql-lane.ts'
import { storeError } from './store-error.ts'

/** A connection, and the quick way over it. */
export interface MysqlLink {
  readonly connection: Connection
  readonly lane: MysqlLane
  /** When it was released last, by performance.now(). */
  idleSince: number
}

export interface MysqlPool {
  /** The connection used last, which is the likeliest to be there still. Rejects with STORE_BUSY or STORE_UNAVAILABLE. */
  acquire(): MysqlLink | Promise<MysqlLink>
  /** Every acquired one comes back. One that is not `sound` may still be busy with the last query: nobody else gets it. */
  release(link: MysqlLink, sound: boolean): void
  close(): void
}

interface Waiter {
  resolve(link: MysqlLink): void
  reject(error: unknown): void
}

/** `connect` begins a connection; the library is loaded with the first. `store` names it for people. */
export function createMysqlPool(conf: MysqlConf, store: string, connect: () => Promise<MysqlLink>): MysqlPool {
  const idle: MysqlLink[] = []
  const waiting = new Set<Waiter>()
  const deadlines = new Deadlines<Waiter>(conf.timeoutMs, (waiter) => {
    waiting.delete(waiter)
    waiter.reject(
      new EdgeyardError('STORE_BUSY', `Cannot use ${store}: no connection was free within ${conf.timeoutMs} ms`),
    )
  })
  let open = 0
  let closed = false
  let sweeping: NodeJS.Timeout | undefined

  const hasStopped = () => new EdgeyardError('STORE_UNAVAILABLE', `Cannot use ${store}: the server has stopped`)

  async function begin(): Promise<MysqlLink> {
    open++
    let link: MysqlLink
    try {
      link = await connect()
      await handshake(link.connection)
      link.lane.use(link.connection)
    } catch (error) {
      left()
      throw storeError('STORE_UNAVAILABLE', store, error)
    }
    // The connection is lost while it is idle or in use; in use, the query is told, too.
    link.connection.on('error', () => {
      const at = idle.indexOf(link)
      if (at !== -1) {
        idle.splice(at, 1)
        end(link)
      }
    })
    if (!closed) return link
    end(link)
    throw hasStopped()
  }

  function end({ connection }: MysqlLink): void {
    connection.destroy()
    left()
  }

  /** There is room for another one, and maybe somebody waits for it. */
  function left(): void {
    open--
    const [next] = waiting
    if (next === undefined || closed) return
    waiting.delete(next)
    begin().then(next.resolve, next.reject)
  }

  function queue(): Promise<MysqlLink> {
    if (waiting.size >= conf.backlog) {
      const text = `Cannot use ${store}: too many queries wait for a connection: ${waiting.size}, its "backlog"`
      throw new EdgeyardError('STORE_BUSY', text)
    }
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject }
      waiting.add(waiter)
      const entry = deadlines.add(waiter, performance.now())
      waiter.resolve = (link) => {
        deadlines.remove(entry)
        resolve(link)
      }
      waiter.reject = (error) => {
        deadlines.remove(entry)
        reject(error)
      }
    })
  }

  function sweep(): void {
    sweeping = undefined
    const before = performance.now() - conf.keepaliveMs
    while (idle.length > 0 && idle[0]!.idleSince <= before) end(idle.shift()!)
    sweepLater()
  }

  function sweepLater(): void {
    if (conf.keepaliveMs === 0 || sweeping !== undefined || idle.length === 0) return
    const ms = Math.max(1, idle[0]!.idleSince + conf.keepaliveMs - performance.now())
    sweeping = setTimeout(sweep, Math.ceil(ms)).unref()
  }

  return {
    acquire() {
      if (closed) throw hasStopped()
      const free = idle.pop()
      if (free !== undefined) return free
      return open < conf.pool ? begin() : queue()
    },
    release(link, sound) {
      if (!sound || closed) {
        end(link)
        return
      }
      const [next] = waiting
      if (next !== undefined) {
        waiting.delete(next)
        next.resolve(link)
        return
      }
      link.idleSince = performance.now()
      idle.push(link)
      if (sweeping === undefined) sweepLater()
    },
    close() {
      closed = true
      clearTimeout(sweeping)
      for (const waiter of waiting) waiter.reject(hasStopped())
      waiting.clear()
      for (const { connection } of idle.splice(0)) {
        open--
        // Says goodbye, so that the server does not count an aborted client.
        connection.end(() => {})
      }
    },
  }
}

function handshake(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.connect((error) => (error === null || error === undefined ? resolve() : reject(error)))
  })
}
