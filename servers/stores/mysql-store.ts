// `ctx.mysql`: a pool of connections, made with the first query.
//
// Statements go over the text protocol. Each begins with a comment that has the request's id, for the server's process list and its
// logs: it would make every statement a new one to prepare. By primary key, a prepared statement was no cheaper anyway: what is
// dear is a write and a read for each statement, which those that only read share (mysql-reads.ts).
import type { Connection } from 'mysql2'
import type { MysqlConf } from '../contract/conf/conf.ts'
import { EdgeyardError } from '../contract/errors.ts'
import type { Mysql } from '../contract/script.ts'
import type { Logger } from '../log/logger.ts'
import { Deadlines } from './deadlines.ts'
import { MysqlLane, NOT_READ } from './mysql-lane.ts'
import { createMysqlPool, type MysqlLink } from './mysql-pool.ts'
import { createMysqlQueries } from './mysql-query.ts'
import { createMysqlReads } from './mysql-reads.ts'
import { type Caller, createSlowCalls } from './slow-calls.ts'
import { addressText, restacked, storeError } from './store-error.ts'

export interface MysqlStore {
  /** `ctx.mysql` of a request: its id is a comment of the statements, and in records of slow ones. */
  of(caller: Caller): Mysql
  close(): Promise<void>
}

/** A statement that only reads and was quicker than this shares a connection with others. */
const QUICK_MS = 5

export function createMysqlStore(conf: MysqlConf | undefined, logger: Pick<Logger, 'write'> | undefined): MysqlStore {
  if (conf === undefined) return absentMysql()
  const store = `MySQL at ${addressText(conf.address)}`
  const slow = createSlowCalls(store, conf.slowMs, logger)
  const pool = createMysqlPool(conf, store, () => connect(conf))
  const queries = createMysqlQueries()
  const reads = createMysqlReads(pool, conf.timeoutMs, () => new TimedOut())
  /** Any connection: how arguments are written depends on the conf only. */
  let formatter: Connection | undefined
  const deadlines = new Deadlines<(error: Error) => void>(conf.timeoutMs, (reject) => reject(new TimedOut()))

  /** Throws what the script is to see. */
  async function run<Row>(caller: Caller, connection: Connection, sql: string, args?: unknown[]): Promise<Row[]> {
    const begun = performance.now()
    let rejectLate: (error: Error) => void
    const answered = new Promise<unknown>((resolve, reject) => {
      rejectLate = reject
      queries.send(connection, sql, textOf(caller, connection, sql, args), (error, rows) =>
        error === null ? resolve(rows) : reject(error),
      )
    })
    const waiting = deadlines.add(rejectLate!, begun)
    try {
      const rows = await answered
      const columns = queries.columnsOf(sql)
      if (columns?.isPlainRead && performance.now() - begun < QUICK_MS) {
        formatter = connection
        columns.isQuickRead = true
      }
      return Array.isArray(rows) ? rows : []
    } catch (error) {
      throw mysqlError(store, error)
    } finally {
      deadlines.remove(waiting)
      slow(performance.now() - begun, caller, () => ({ statement: sql }))
    }
  }

  async function query<Row>(caller: Caller, sql: string, args?: unknown[]): Promise<Row[]> {
    const columns = queries.columnsOf(sql)
    if (columns?.isQuickRead) {
      const begun = performance.now()
      let isAnswered = true
      try {
        return (await reads.read(columns, textOf(caller, formatter!, sql, args))) as Row[]
      } catch (error) {
        if (error !== NOT_READ) throw mysqlError(store, error)
        isAnswered = false
      } finally {
        if (isAnswered) slow(performance.now() - begun, caller, () => ({ statement: sql }))
      }
    }
    return await queryAlone(caller, sql, args)
  }

  async function queryAlone<Row>(caller: Caller, sql: string, args?: unknown[]): Promise<Row[]> {
    const acquired = pool.acquire()
    const link = acquired instanceof Promise ? await acquired : acquired
    let sound = true
    try {
      return await run<Row>(caller, link.connection, sql, args)
    } catch (error) {
      sound = !isUnavailable(error)
      throw error
    } finally {
      pool.release(link, sound)
    }
  }

  async function tx<T>(caller: Caller, fn: (connection: Mysql) => Promise<T>): Promise<T> {
    const link = await pool.acquire()
    const { connection } = link
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
      pool.release(link, sound)
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
async function connect(conf: MysqlConf): Promise<MysqlLink> {
  const { createConnection } = await import('mysql2')
  const { address } = conf
  const lane = new MysqlLane(address)
  const connection = createConnection({
    stream: () => lane.stream,
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
  return { connection, lane, idleSince: 0 }
}

function textOf(caller: Caller, connection: Connection, sql: string, args: unknown[] = []): string {
  return commentOf(caller) + (args.length === 0 ? sql : connection.format(sql, args))
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
