// `ctx.mysql`: a pool of connections, made with the first query.
//
// Statements go over the text protocol. Each begins with a comment that has the request's id, for the server's process list and its
// logs: it would make every statement a new one to prepare. By primary key, a prepared statement was no cheaper anyway.
import type { Connection } from 'mysql2'
import type { MysqlConf } from '../contract/conf/conf.ts'
import { EdgeyardError } from '../contract/errors.ts'
import type { Mysql } from '../contract/script.ts'
import type { Logger } from '../log/logger.ts'
import { Deadlines } from './deadlines.ts'
import { createMysqlPool } from './mysql-pool.ts'
import { createMysqlQueries } from './mysql-query.ts'
import { type Caller, createSlowCalls } from './slow-calls.ts'
import { addressText, restacked, storeError } from './store-error.ts'

export interface MysqlStore {
  /** `ctx.mysql` of a request: its id is a comment of the statements, and in records of slow ones. */
  of(caller: Caller): Mysql
  close(): Promise<void>
}

export function createMysqlStore(conf: MysqlConf | undefined, logger: Pick<Logger, 'write'> | undefined): MysqlStore {
  if (conf === undefined) return absentMysql()
  const store = `MySQL at ${addressText(conf.address)}`
  const slow = createSlowCalls(store, conf.slowMs, logger)
  const pool = createMysqlPool(conf, store, () => connect(conf))
  const queries = createMysqlQueries()
  const deadlines = new Deadlines<(error: Error) => void>(conf.timeoutMs, (reject) => reject(new TimedOut()))

  /** Throws what the script is to see. */
  async function run<Row>(caller: Caller, connection: Connection, sql: string, args: unknown[] = []): Promise<Row[]> {
    const begun = performance.now()
    let rejectLate: (error: Error) => void
    const answered = new Promise<unknown>((resolve, reject) => {
      rejectLate = reject
      const text = commentOf(caller) + (args.length === 0 ? sql : connection.format(sql, args))
      queries.send(connection, sql, text, (error, rows) => (error === null ? resolve(rows) : reject(error)))
    })
    const waiting = deadlines.add(rejectLate!, begun)
    try {
      const rows = await answered
      return Array.isArray(rows) ? rows : []
    } catch (error) {
      throw mysqlError(store, error)
    } finally {
      deadlines.remove(waiting)
      slow(performance.now() - begun, caller, () => ({ statement: sql }))
    }
  }

  async function query<Row>(caller: Caller, sql: string, args?: unknown[]): Promise<Row[]> {
    const acquired = pool.acquire()
    const connection = acquired instanceof Promise ? await acquired : acquired
    let sound = true
    try {
      return await run<Row>(caller, connection, sql, args)
    } catch (error) {
      sound = !isUnavailable(error)
      throw error
    } finally {
      pool.release(connection, sound)
    }
  }

  async function tx<T>(caller: Caller, fn: (connection: Mysql) => Promise<T>): Promise<T> {
    const connection = await pool.acquire()
    let over = false
    let sound = false
    const inside: Mysql = {
      async query(sql, args) {
        if (over) throw new Error('Cannot query: the transaction has ended; was an await forgotten?')
        return await run(caller, connection, sql, args)
      },
      async tx() {
        throw new Error('Cannot begin a transaction inside another')
      },
    }
    try {
      await run(caller, connection, 'START TRANSACTION')
      const result = await fn(inside)
      over = true
      await run(caller, connection, 'COMMIT')
      sound = true
      return result
    } catch (error) {
      over = true
      sound = await rolledBack(() => run(caller, connection, 'ROLLBACK'))
      throw error
    } finally {
      pool.release(connection, sound)
    }
  }

  return {
    of: (caller) => ({
      query: (sql, args) => query(caller, sql, args),
      tx: (fn) => tx(caller, fn),
    }),
    close: async () => pool.close(),
  }
}

/** The library is loaded here, with the first query: starting a server must not wait for it. */
async function connect(conf: MysqlConf): Promise<Connection> {
  const { createConnection } = await import('mysql2')
  const { address } = conf
  return createConnection({
    ...('path' in address ? { socketPath: address.path } : { host: address.host, port: address.port }),
    database: conf.database,
    ...(conf.user === undefined ? {} : { user: conf.user }),
    ...(conf.password === undefined ? {} : { password: conf.password }),
    charset: 'utf8mb4',
    connectTimeout: conf.timeoutMs,
    supportBigNumbers: true,
    // An object as an argument would become `key = value`, by which JSON from outside could change a condition.
    stringifyObjects: true,
    // A server could ask for any file of ours otherwise.
    flags: ['-LOCAL_FILES'],
  })
}

/** A request's id may come from a header: nothing of it may end the comment. */
function commentOf({ id }: Caller): string {
  return /^[\w.:-]{1,128}$/.test(id)
    ? `/* request ${id} */ `
    : `/* request ${id.replace(/[^\w.:-]/g, '').slice(0, 128)} */ `
}

class TimedOut extends Error {
  readonly code = 'PROTOCOL_SEQUENCE_TIMEOUT'

  constructor() {
    super('it did not answer in time')
  }
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

function mysqlError(store: string, error: unknown): unknown {
  if (error instanceof EdgeyardError) return error
  const { fatal, code } = error as { fatal?: boolean; code?: string }
  if (fatal === true || code === 'PROTOCOL_SEQUENCE_TIMEOUT' || code === 'ECONNRESET') {
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
  return { of: () => ({ query: absent, tx: absent }), close: async () => {} }
}
