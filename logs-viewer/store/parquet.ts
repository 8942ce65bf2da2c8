// Closed days as Parquet, which any tool can read, written and read by DuckDB. It is there while somebody asks for them.
import { renameSync, rmSync } from 'node:fs'
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import type { LogRecord } from '../../servers/contract/record.ts'

/** What a row of `read` is made of, in this order. */
const COLUMNS = {
  // Where the line began in the log file: a record's name stays what it was.
  offset: 'BIGINT',
  received: 'VARCHAR',
  time: 'VARCHAR',
  severity: 'VARCHAR',
  message: 'VARCHAR',
  pid: 'BIGINT',
  kind: 'VARCHAR',
  run: 'VARCHAR',
  seq: 'BIGINT',
  release: 'VARCHAR',
  request: 'VARCHAR',
  stack: 'VARCHAR',
  fields: 'VARCHAR',
} as const
const NAMES = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[]
const LIST = NAMES.map((name) => `"${name}"`).join(', ')

/** One query at a time is asked of it; what it does beside answering is done slowly rather than in a lot of memory. */
const SETTINGS = {
  threads: '1',
  memory_limit: '192MB',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
}
/** Questions come in a row; after so long without one it gives its memory back. */
const IDLE_MS = 30_000
/** A few blocks of records: a question reads no more than those it needs. */
const ROW_GROUP_RECORDS = 8192

export interface StoredRecord {
  readonly offset: number
  readonly record: Omit<LogRecord, 'server' | 'developer'>
}

export interface Parquet {
  /** Puts the file in its place when it is whole. `errors`: only those of `error` and worse. */
  write(path: string, records: AsyncIterable<readonly StoredRecord[]>, errorsPath: string): Promise<void>
  /** Records whose offset lies from `start` until before `end`, in order. */
  read(path: string, range: { readonly start: number; readonly end: number }): Promise<StoredRecord[]>
  close(): Promise<void>
}

export function createParquet(): Parquet {
  let opened: Promise<{ connection: DuckDBConnection; close: () => void }> | undefined
  let last: Promise<unknown> = Promise.resolve()
  let idle: NodeJS.Timeout | undefined

  const close = async () => {
    clearTimeout(idle)
    const duckdb = opened
    opened = undefined
    await last
    await duckdb?.then(({ close }) => close()).catch(() => undefined)
  }
  /** A connection answers one question after another. */
  const inTurn = <T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> => {
    clearTimeout(idle)
    opened ??= openDuckdb()
    const connecting = opened
    const result = last.then(async () => work((await connecting).connection))
    const done = result.catch(() => undefined)
    last = done
    void done.then(() => {
      if (last === done && opened === connecting) idle = setTimeout(() => void close(), IDLE_MS).unref()
    })
    return result
  }

  return {
    write: (path, records, errorsPath) =>
      inTurn(async (connection) => {
        await connection.run(
          `CREATE OR REPLACE TEMP TABLE day (${NAMES.map((name) => `"${name}" ${COLUMNS[name]}`).join(', ')})`,
        )
        for await (const some of records) await append(connection, some)
        await copy(connection, 'SELECT * FROM day', path)
        await copy(connection, "SELECT * FROM day WHERE severity IN ('emerg', 'alert', 'crit', 'error')", errorsPath)
        await connection.run('DROP TABLE day')
      }),
    read: (path, { start, end }) =>
      inTurn(async (connection) => {
        const reader = await connection.runAndReadAll(
          `SELECT ${LIST} FROM read_parquet(${quote(path)}) WHERE "offset" >= ${start} AND "offset" < ${end} ORDER BY "offset"`,
        )
        return reader.getRows().map(recordOf)
      }),
    close,
  }
}

async function openDuckdb() {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', SETTINGS)
  const connection = await instance.connect()
  return {
    connection,
    close: () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

async function append(connection: DuckDBConnection, records: readonly StoredRecord[]): Promise<void> {
  const appender = await connection.createAppender('day')
  for (const { offset, record } of records) {
    for (const name of NAMES) {
      const value = name === 'offset' ? offset : record[name]
      if (value === undefined) appender.appendNull()
      else if (typeof value === 'number') appender.appendBigInt(BigInt(value))
      else appender.appendVarchar(typeof value === 'string' ? value : JSON.stringify(value))
    }
    appender.endRow()
  }
  appender.closeSync()
}

async function copy(connection: DuckDBConnection, query: string, path: string): Promise<void> {
  const part = `${path}.part`
  rmSync(part, { force: true })
  await connection.run(
    `COPY (${query} ORDER BY "offset") TO ${quote(part)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_RECORDS})`,
  )
  renameSync(part, path)
}

function recordOf(row: readonly DuckDBValue[]): StoredRecord {
  const record: Record<string, unknown> = {}
  for (const [index, name] of NAMES.entries()) {
    const value = row[index]
    if (value === null || name === 'offset') continue
    record[name] = typeof value === 'bigint' ? Number(value) : name === 'fields' ? JSON.parse(String(value)) : value
  }
  return { offset: Number(row[0]), record: record as unknown as StoredRecord['record'] }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
