// `ctx.mysql`: a pool of connections, made with the first query.
import type { Pool, PoolConnection } from 'mysql2/promise'
import type { MysqlConf } from '../contract/conf/conf.ts'
import { EdgeyardError } from '../contract/errors.ts'
import type { Mysql } from '../contract/script.ts'
import { addressText, restacked, storeError } from './store-error.ts'

export interface MysqlStore extends Mysql {
  close(): Promise<void>
}

/** Queries that may wait for a free connection; more would only wait for their deadline. */
const WAITING_MAX = 1000

export function createMysqlStore(confs: readonly MysqlConf[]): MysqlStore {
  const conf = confs.find(({ name }) => name === 'main')
  if (conf === undefined) return absentMysql()
  const store = `MySQL at ${addressText(conf.address)}`
  let creating: Promise<Pool> | undefined
  let closed = false
  let waiting = 0

  /** A connection from the pool, inside the time that a query may take. */
  async function acquire(): Promise<PoolConnection> {
    if (closed) throw new EdgeyardError('STORE_UNAVAILABLE', `Cannot use ${store}: the server has stopped`)
    if (waiting >= WAITING_MAX) {
      throw new EdgeyardError('STORE_BUSY', `Cannot use ${store}: ${waiting} queries wait for a connection`)
    }
    waiting++
    try {
      creating ??= createPool(conf!)
      return await within(conf!.timeoutMs, (await creating).getConnection(), store)
    } catch (error) {
      throw mysqlError(store, error, true)
    } finally {
      waiting--
    }
  }

  async function run<Row>(connection: PoolConnection, sql: string, args: unknown[] = []): Promise<Row[]> {
    try {
      const [rows] = await connection.query({ sql, values: args, timeout: conf!.timeoutMs })
      return Array.isArray(rows) ? (rows as Row[]) : []
    } catch (error) {
      throw mysqlError(store, error, false)
    }
  }

  return {
    async query(sql, args) {
      const connection = await acquire()
      let sound = false
      try {
        const rows = await run<never>(connection, sql, args)
        sound = true
        return rows
      } catch (error) {
        sound = !isUnavailable(error)
        throw error
      } finally {
        giveBack(connection, sound)
      }
    },
    async tx(fn) {
      const connection = await acquire()
      let over = false
      let sound = false
      const inside: Mysql = {
        async query(sql, args) {
          if (over) throw new Error('Cannot query: the transaction has ended; was an await forgotten?')
          return await run(connection, sql, args)
        },
        async tx() {
          throw new Error('Cannot begin a transaction inside another')
        },
      }
      try {
        await run(connection, 'START TRANSACTION')
        const result = await fn(inside)
        over = true
        await run(connection, 'COMMIT')
        sound = true
        return result
      } catch (error) {
        over = true
        sound = await rolledBack(() => run(connection, 'ROLLBACK'))
        throw error
      } finally {
        giveBack(connection, sound)
      }
    },
    async close() {
      closed = true
      const pool = await creating?.catch(() => undefined)
      await pool?.end().catch(() => {})
    },
  }
}

/** The library is loaded here, with the first query: starting a server must not wait for it. */
async function createPool(conf: MysqlConf): Promise<Pool> {
  const { createPool: create } = await import('mysql2/promise')
  const { address } = conf
  return create({
    ...('path' in address ? { socketPath: address.path } : { host: address.host, port: address.port }),
    database: conf.database,
    ...(conf.user === undefined ? {} : { user: conf.user }),
    ...(conf.password === undefined ? {} : { password: conf.password }),
    charset: 'utf8mb4',
    connectionLimit: conf.pool,
    connectTimeout: conf.timeoutMs,
    queueLimit: WAITING_MAX,
    supportBigNumbers: true,
    // An object as an argument would become `key = value`, by which JSON from outside could change a condition.
    stringifyObjects: true,
  })
}

/** A connection that failed or timed out may still be busy with the last query: nobody else gets it. */
function giveBack(connection: PoolConnection, sound: boolean): void {
  if (sound) connection.release()
  else connection.destroy()
}

async function rolledBack(rollback: () => Promise<unknown>): Promise<boolean> {
  try {
    await rollback()
    return true
  } catch {
    // Ending the connection rolls back, too.
    return false
  }
}

async function within(ms: number, acquiring: Promise<PoolConnection>, store: string): Promise<PoolConnection> {
  let timer: NodeJS.Timeout | undefined
  let late = false
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late = true
      reject(new EdgeyardError('STORE_BUSY', `Cannot use ${store}: no connection was free within ${ms} ms`))
    }, ms)
  })
  acquiring.then(
    (connection) => {
      if (late) connection.release()
    },
    () => {},
  )
  try {
    return await Promise.race([acquiring, deadline])
  } finally {
    clearTimeout(timer)
  }
}

function mysqlError(store: string, error: unknown, connecting: boolean): unknown {
  if (error instanceof EdgeyardError) return error
  const { fatal, code } = error as { fatal?: boolean; code?: string }
  if (connecting || fatal === true || code === 'PROTOCOL_SEQUENCE_TIMEOUT' || code === 'ECONNRESET') {
    return storeError('STORE_UNAVAILABLE', store, error)
  }
  return restacked(error)
}

function isUnavailable(error: unknown): boolean {
  return error instanceof EdgeyardError && error.code === 'STORE_UNAVAILABLE'
}

function absentMysql(): MysqlStore {
  const absent = async (): Promise<never> => {
    throw new EdgeyardError(
      'STORE_UNAVAILABLE',
      'This server has no MySQL: its conf has no "mysql main HOST:PORT DATABASE;"',
    )
  }
  return { query: absent, tx: absent, close: async () => {} }
}
