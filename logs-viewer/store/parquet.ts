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
const TABLE = NAMES.map((name) => `"${name}" ${COLUMNS[name]}`).join(', ')
const LIST = NAMES.map((name) => `"${name}"`).join(', ')

/** One query at a time is asked of it; what it does beside answering is done slowly rather than in a lot of memory. */
const SETTINGS = {
  threads: '1',
  memory_limit: '192MB',
  // What it has no room for it must not write anywhere else: there may be no such place.
  temp_directory: '',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
}
/** Questions come in a row; after so long without one it gives its memory back. */
const IDLE_MS = 30_000
/** A few blocks of records: a question reads no more than those it needs. */
const ROW_GROUP_RECORDS = 8192
/** So many blocks of a day are in its memory at a time, some 16 MiB of a log file: the memory has a limit, a day has none. */
const PIECE_BLOCKS = 16

export interface StoredRecord {
  readonly offset: number
  readonly record: Omit<LogRecord, 'server' | 'developer'>
}

export interface Parquet {
  /** Puts the file in its place when it is whole. `blocks`: in their order. `errors`: only those of `error` and worse. */
  write(path: string, blocks: AsyncIterable<readonly StoredRecord[]>, errorsPath: string): Promise<void>
  /** Records whose offset lies from `start` until before `end`, in order. */
  read(path: string, range: { readonly start: number; readonly end: number }): Promise<StoredRecord[]>
  /** Records at these offsets, in order; whatever lies between them is not in memory. */
  readAt(path: string, offsets: readonly number[]): Promise<StoredRecord[]>
  /** The last number of each run. */
  readLastNumbers(path: string): Promise<Map<string, number>>
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
    write: (path, blocks, errorsPath) =>
      inTurn(async (connection) => {
        const pieces: string[] = []
        const endPiece = async () => {
          const piece = `${path}.${pieces.length}.part`
          pieces.push(piece)
          await copy(connection, 'day', piece)
          // Emptied, it would keep its memory.
          await connection.run('DROP TABLE day')
        }
        try {
          let count = 0
          for await (const block of blocks) {
            if (count % PIECE_BLOCKS === 0) await connection.run(`CREATE OR REPLACE TEMP TABLE day (${TABLE})`)
            await append(connection, block)
            if (++count % PIECE_BLOCKS === 0) await endPiece()
          }
          if (count % PIECE_BLOCKS !== 0) await endPiece()
          await copy(connection, `read_parquet([${pieces.map(quote)}])`, path)
        } finally {
          for (const file of pieces) rmSync(file, { force: true })
        }
        const errors = `read_parquet(${quote(path)}) WHERE severity IN ('emerg', 'alert', 'crit', 'error')`
        await copy(connection, errors, errorsPath)
      }),
    read: (path, { start, end }) =>
      inTurn(async (connection) => {
        const reader = await connection.runAndReadAll(
          `SELECT ${LIST} FROM read_parquet(${quote(path)}) WHERE "offset" >= ${start} AND "offset" < ${end} ORDER BY "offset"`,
        )
        return reader.getRows().map(recordOf)
      }),
    readAt: (path, offsets) =>
      inTurn(async (connection) => {
        const between = `"offset" BETWEEN ${offsets[0]} AND ${offsets.at(-1)}`
        const reader = await connection.runAndReadAll(
          `SELECT ${LIST} FROM read_parquet(${quote(path)}) WHERE ${between} AND "offset" IN (${offsets}) ORDER BY "offset"`,
        )
        return reader.getRows().map(recordOf)
      }),
    readLastNumbers: (path) =>
      inTurn(async (connection) => {
        const reader = await connection.runAndReadAll(
          `SELECT run, max(seq) FROM read_parquet(${quote(path)}) WHERE run IS NOT NULL AND seq IS NOT NULL GROUP BY run`,
        )
        return new Map(reader.getRows().map(([run, seq]) => [String(run), Number(seq)]))
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

/** In the order in which they are there: to sort them, all would have to be in memory. */
async function copy(connection: DuckDBConnection, from: string, path: string): Promise<void> {
  const part = `${path}.part`
  rmSync(part, { force: true })
  await connection.run(
    `COPY (SELECT * FROM ${from}) TO ${quote(part)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_RECORDS})`,
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
