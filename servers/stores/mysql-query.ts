// One statement on a connection of mysql2, by the library's own command, made lean: what a result's columns are is read once for
// each statement, not for each row that is asked for by its key, and nothing waits for a turn or a timer of its own.
import type { Connection } from 'mysql2'
import { isRead } from './sql-reads.ts'

/** Statements whose columns are remembered; a script has a few, and one that puts values into its text does not fill the memory. */
const STATEMENTS_MAX = 200

/** The character set of what is no text. */
const BINARY = 63

/** What of a packet and of the library's Query this builds on (mysql2 3.24, lib/commands/query.js). */
export interface Packet {
  readonly buffer: Buffer
  readonly offset: number
  readonly end: number
}
type Next = (packet: Packet, connection: Connection) => Next | null
interface LibraryQuery {
  _fields: unknown[][]
  _currentFields: unknown[]
  _rows: unknown[]
  _rowParser: unknown
  _fieldCount: number
  _receivedFieldsCount: number
  _resultIndex: number
  onResult: (error: Error | null, rows?: unknown) => void
  readField: Next
  fieldsEOF: Next
  done(): null
}
type QueryClass = new (
  options: { sql: string; values: undefined },
  onResult: (error: Error | null, rows?: unknown) => void,
) => LibraryQuery
interface Commands {
  addCommand(query: LibraryQuery): void
}

interface Field {
  readonly columnType: number
  readonly characterSet: number
}

/** The columns of a statement's result: as they came, and what the library made of them. */
export interface Columns {
  readonly bytes: readonly Buffer[]
  /** A reply's packets up to the last of the columns. */
  readonly reply: Buffer
  readonly fields: unknown[]
  readonly rowParser: { next(packet: Packet, fields: unknown[]): unknown }
  /** The statement changes nothing, and its values are not parts of the buffer that they are read from. */
  readonly isPlainRead: boolean
  /** It is, and it was quick when it ran last. */
  isQuickRead: boolean
}

export interface MysqlQueries {
  /** What the last result of a statement has told. */
  columnsOf(statement: string): Columns | undefined
  /** Sends `text`, the finished statement. `statement` is the same for all texts that differ in their values only. */
  send(
    connection: Connection,
    statement: string,
    text: string,
    settle: (error: Error | null, rows: unknown) => void,
  ): void
}

/** What is remembered is good for all connections with the same options. */
export function createMysqlQueries(): MysqlQueries {
  const known = new Map<string, Columns>()
  let Query: ReturnType<typeof createQueryClass> | undefined

  function remember(statement: string, columns: Columns): void {
    if (known.size >= STATEMENTS_MAX) known.delete(known.keys().next().value!)
    known.set(statement, columns)
  }

  return {
    columnsOf: (statement) => known.get(statement),
    send(connection, statement, text, settle) {
      Query ??= createQueryClass(libraryClass(connection), known, remember)
      ;(connection as unknown as Commands).addCommand(new Query(statement, text, settle))
    },
  }
}

/** The library gives no name to its class, but makes objects of it. */
function libraryClass(connection: Connection): QueryClass {
  const { createQuery } = connection.constructor as unknown as {
    createQuery(sql: string, values: undefined, callback: () => void, config: unknown): object
  }
  return createQuery('SELECT 1', undefined, () => {}, connection.config).constructor as QueryClass
}

function createQueryClass(
  Library: QueryClass,
  known: ReadonlyMap<string, Columns>,
  remember: (statement: string, columns: Columns) => void,
) {
  const readField = Library.prototype.readField as Next
  return class LeanQuery extends Library {
    readonly #statement: string
    #columns: Columns | undefined
    #bytes: Buffer[] | undefined

    constructor(statement: string, text: string, settle: (error: Error | null, rows: unknown) => void) {
      super({ sql: text, values: undefined }, settle)
      this.#statement = statement
      this.#columns = known.get(statement)
    }

    override readField = (packet: Packet, connection: Connection): Next | null => {
      if (this._resultIndex > 0) return readField.call(this, packet, connection)
      const columns = this.#columns
      const at = this._receivedFieldsCount
      if (columns !== undefined && this._fieldCount === columns.bytes.length && isSame(packet, columns.bytes[at]!)) {
        if (++this._receivedFieldsCount < this._fieldCount) return this.readField
        this.#useFields(columns.fields)
        this._rowParser = columns.rowParser
        return Library.prototype.fieldsEOF
      }
      if (columns !== undefined) {
        // The table was altered, or the statement is another under the same text: the rest is read as it comes.
        this.#columns = undefined
        this.#useFields(columns.fields.slice(0, at))
        this.#bytes = columns.bytes.slice(0, at)
      }
      this.#bytes ??= []
      this.#bytes.push(Buffer.from(packet.buffer.subarray(packet.offset, packet.end)))
      const next = readField.call(this, packet, connection)
      if (this._receivedFieldsCount < this._fieldCount) return this.readField
      remember(this.#statement, this.#learned(this.#bytes))
      return next
    }

    #learned(bytes: Buffer[]): Columns {
      const fields = this._fields[0]!
      const isPlainRead = isRead(this.#statement) && fields.length < 250 && (fields as Field[]).every(hasOwnValues)
      return {
        bytes,
        reply: isPlainRead ? renderReply(bytes) : Buffer.alloc(0),
        fields,
        rowParser: this._rowParser as Columns['rowParser'],
        isPlainRead,
        isQuickRead: false,
      }
    }

    #useFields(fields: unknown[]): void {
      this._fields[0] = fields
      this._currentFields = fields
    }

    override done(): null {
      this.onResult(null, this._resultIndex === 0 ? this._rows[0] : this._rows)
      return null
    }
  }
}

function isSame(packet: Packet, bytes: Buffer): boolean {
  return (
    packet.end - packet.offset === bytes.length &&
    packet.buffer.compare(bytes, 0, bytes.length, packet.offset, packet.end) === 0
  )
}

/** How a reply with these columns begins: their number, and each of them, in packets that are counted from 1. */
function renderReply(columns: readonly Buffer[]): Buffer {
  const packets: Buffer[] = [Buffer.from([1, 0, 0, 1, columns.length])]
  columns.forEach((column, at) => {
    const header = Buffer.alloc(4)
    header.writeUInt32LE(column.length + (at + 2) * 0x1_00_00_00)
    packets.push(header, column)
  })
  return Buffer.concat(packets)
}

/** Those of binary columns are parts of the buffer. The types are numbers and dates, which have no character set. */
function hasOwnValues({ columnType, characterSet }: Field): boolean {
  return characterSet !== BINARY || columnType <= 13 || columnType === 246
}
