// The quick way over a connection of mysql2: statements whose replies are known in advance go several in one write, and their
// replies are read from the bytes by the library's own row parsers. Whatever else is on the connection, the library reads.
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import type { Connection } from 'mysql2'
import type { Columns, Packet } from './mysql-query.ts'

/** One statement under way. */
export interface Read {
  readonly columns: Columns
  /** The finished statement. */
  readonly text: string
  resolve(rows: unknown[]): void
  /** With {@link NOT_READ}: it is to be asked again, by the library; it changes nothing when it was carried out. */
  reject(error: unknown): void
}

export const NOT_READ = new Error('The statement is to be asked again')

/** What of a connection of mysql2 this builds on. */
interface LibraryConnection {
  readonly packetParser: { readonly _reusablePacket: object }
  readonly clientEncoding: string
}
type PacketClass = new (id: number, buffer: Buffer, start: number, end: number) => MutablePacket
interface MutablePacket extends Packet {
  buffer: Buffer
  start: number
  offset: number
  end: number
  asError(encoding: string): Error & { sql?: string }
}

/** Where in a reply the next packet is. */
type Place = 'columns' | 'end of columns' | 'rows' | 'skipped columns' | 'skipped rows'

const HEADER_BYTES = 4
/** A packet of this length is continued in the next; the library puts them together. */
const CONTINUED = 0xff_ff_ff
const COM_QUERY = 3
const [OK, EOF, ERROR] = [0x00, 0xfe, 0xff]
const EOF_BYTES_MAX = 8
const MORE_RESULTS = 8
const READ_BYTES = 64 * 1024

/** All sockets read into it: what was read has been used when the callback returns. */
let shared: Buffer | undefined

export class MysqlLane {
  readonly stream: Socket
  #packet: MutablePacket | undefined
  #encoding = 'utf8'
  #reads: readonly Read[] = []
  #done = 0
  #onEnd: (sound: boolean) => void = () => {}
  #place: Place = 'columns'
  #rows: unknown[] = []
  #pieces: Buffer[] = []
  #missing = 0

  /** Its `stream` is for a connection of the library, which {@link use} is then told of. */
  constructor(address: NetConnectOpts) {
    shared ??= Buffer.allocUnsafeSlow(READ_BYTES)
    const buffer = shared
    this.stream = connect({
      ...address,
      noDelay: true,
      keepAlive: true,
      onread: {
        buffer,
        callback: (length) => {
          if (this.#reads.length === 0) this.stream.emit('data', Buffer.from(buffer.subarray(0, length)))
          else this.#take(buffer.subarray(0, length))
          return true
        },
      },
    } as NetConnectOpts)
  }

  use(connection: Connection): void {
    const { packetParser, clientEncoding } = connection as unknown as LibraryConnection
    const Packet = packetParser._reusablePacket.constructor as PacketClass
    this.#packet = new Packet(0, shared!, 0, 0)
    this.#encoding = clientEncoding
    connection.on('error', (error) => this.fail(error))
  }

  /** Nothing else may be under way. `onEnd` is called when all was answered, or failed: the connection is not sound then. */
  send(reads: readonly Read[], onEnd: (sound: boolean) => void): void {
    this.#reads = reads
    this.#done = 0
    this.#onEnd = onEnd
    this.#place = 'columns'
    this.stream.write(renderQueries(reads))
  }

  /** Those that were not answered yet, in their order. */
  get unanswered(): readonly Read[] {
    return this.#reads.slice(this.#done)
  }

  /** Rejects whatever is under way, if anything is. */
  fail(error: unknown): void {
    const reads = this.unanswered
    if (reads.length === 0) return
    this.#reads = []
    this.#pieces = []
    this.#onEnd(false)
    for (const read of reads) read.reject(error)
  }

  #take(read: Buffer): void {
    const bytes = this.#joined(read)
    if (bytes === undefined) return
    let at = 0
    while (at < bytes.length && this.#done < this.#reads.length) {
      const length = this.#takeNext(bytes, at)
      if (length === 0) return
      at += length
    }
    if (this.#done < this.#reads.length) return
    this.#reads = []
    // What nobody has asked for makes a connection useless.
    this.#onEnd(at === bytes.length)
  }

  /** With what came before, if that was a part; undefined while it still is. */
  #joined(bytes: Buffer): Buffer | undefined {
    if (this.#pieces.length === 0) return bytes
    this.#pieces.push(Buffer.from(bytes))
    this.#missing -= bytes.length
    if (this.#missing > 0) return undefined
    const joined = Buffer.concat(this.#pieces)
    this.#pieces = []
    return joined
  }

  /** How many bytes it was, 0 when it is not there as a whole, or when that is the end. */
  #takeNext(bytes: Buffer, at: number): number {
    const read = this.#reads[this.#done]!
    const { reply } = read.columns
    const left = bytes.length - at
    if (this.#place === 'columns' && left >= reply.length && isAt(bytes, at, reply)) {
      this.#place = 'end of columns'
      return reply.length
    }
    if (left < HEADER_BYTES) return this.#keep(bytes, at, HEADER_BYTES)
    const length = bytes.readUIntLE(at, 3)
    const whole = HEADER_BYTES + length
    if (length !== CONTINUED && left < whole) return this.#keep(bytes, at, whole)
    // A part of the columns that are known may be all that has come yet.
    if (this.#place === 'columns' && left < reply.length && bytes.compare(reply, 0, left, at) === 0) {
      return this.#keep(bytes, at, left + 1)
    }
    if (length !== CONTINUED && this.#packetIs(read, bytes, at, at + whole)) return whole
    this.fail(NOT_READ)
    return 0
  }

  /** False for what no reply to a known statement can be. */
  #packetIs(read: Read, buffer: Buffer, start: number, end: number): boolean {
    const kind = buffer[start + HEADER_BYTES]
    const isEof = kind === EOF && end - start - HEADER_BYTES <= EOF_BYTES_MAX
    if (kind === ERROR) {
      const error = this.#packetAt(buffer, start, end).asError(this.#encoding)
      error.sql = read.text
      this.#answered()
      read.reject(error)
      return true
    }
    switch (this.#place) {
      case 'columns':
        // The table was altered.
        if (kind === OK) return false
        this.#place = 'skipped columns'
        return true
      case 'skipped columns':
        if (isEof) this.#place = 'skipped rows'
        return true
      case 'end of columns':
        if (!isEof) return false
        this.#place = 'rows'
        this.#rows = []
        return true
      default:
        if (!isEof) {
          if (this.#place === 'rows') this.#readRow(read.columns, buffer, start, end)
          return true
        }
        if ((buffer.readUInt16LE(start + HEADER_BYTES + 3) & MORE_RESULTS) !== 0) return false
    }
    const isRead = this.#place === 'rows'
    this.#answered()
    if (isRead) read.resolve(this.#rows)
    else read.reject(NOT_READ)
    return true
  }

  #readRow({ rowParser, fields }: Columns, buffer: Buffer, start: number, end: number): void {
    try {
      this.#rows.push(rowParser.next(this.#packetAt(buffer, start, end), fields))
    } catch {
      // The library has its own way with a value that cannot be read.
      this.#place = 'skipped rows'
    }
  }

  #packetAt(buffer: Buffer, start: number, end: number): MutablePacket {
    const packet = this.#packet!
    packet.buffer = buffer
    packet.start = start
    packet.offset = start + HEADER_BYTES
    packet.end = end
    return packet
  }

  #answered(): void {
    this.#done++
    this.#place = 'columns'
  }

  /** `bytes` from `at` on are the beginning of so many. */
  #keep(bytes: Buffer, at: number, length: number): 0 {
    this.#pieces = [Buffer.from(bytes.subarray(at))]
    this.#missing = length - (bytes.length - at)
    return 0
  }
}

function renderQueries(reads: readonly Read[]): Buffer {
  let bytes = 0
  for (const { text } of reads) bytes += HEADER_BYTES + 1 + Buffer.byteLength(text)
  const buffer = Buffer.allocUnsafe(bytes)
  let at = 0
  for (const { text } of reads) {
    const length = 1 + buffer.write(text, at + HEADER_BYTES + 1)
    // The number of the first packet of a command is 0.
    buffer.writeUInt32LE(length, at)
    buffer[at + HEADER_BYTES] = COM_QUERY
    at += HEADER_BYTES + length
  }
  return buffer
}

function isAt(bytes: Buffer, at: number, wanted: Buffer): boolean {
  return bytes.compare(wanted, 0, wanted.length, at, at + wanted.length) === 0
}
