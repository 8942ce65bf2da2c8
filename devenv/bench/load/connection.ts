// One raw connection of the load: as little of Node as a TCP connection can have. All read into one buffer, because what was
// read is only counted.
import { connect, type Socket } from 'node:net'

const READ_BYTES = 64 * 1024
const shared = Buffer.alloc(READ_BYTES)
/** A peer that does not answer must not keep the bench waiting for ever. */
const ANSWER_DEADLINE_MS = 15_000

export class Connection {
  readonly socket: Socket
  /** What is to be done with the next bytes. */
  onBytes: (bytes: Buffer) => void = () => {}
  onLost: (error: Error) => void = () => {}

  private constructor(port: number) {
    this.socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (length, buffer) => {
          this.onBytes(Buffer.from(buffer.buffer, 0, length))
          return true
        },
      },
    })
    const lost = () => this.onLost(new Error('The server closed a connection'))
    this.socket.on('close', lost)
    this.socket.on('error', () => {})
  }

  static open(port: number): Promise<Connection> {
    const connection = new Connection(port)
    return new Promise((resolve, reject) => {
      connection.onLost = reject
      connection.socket.once('connect', () => resolve(connection))
    })
  }

  /** Sends it and gives the answer as far as `isWhole` wants it. */
  async ask(bytes: string | Buffer, isWhole: (answer: string) => boolean): Promise<string> {
    let answer = ''
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<string>((resolve, reject) => {
        timer = setTimeout(
          () => reject(new Error(`No whole answer, only ${JSON.stringify(answer)}`)),
          ANSWER_DEADLINE_MS,
        )
        this.onLost = reject
        this.onBytes = (piece) => {
          answer += piece.toString('latin1')
          if (isWhole(answer)) resolve(answer)
        }
        this.socket.write(bytes)
      })
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    this.onLost = () => {}
    this.onBytes = () => {}
    // A reset leaves no port waiting, of which there are not enough for every round.
    this.socket.resetAndDestroy()
  }
}

/** Opens many, some at a time: a server's queue of connections is short. */
export async function openAll(
  port: number,
  count: number,
  prepare: (one: Connection) => Promise<void>,
): Promise<Connection[]> {
  const all: Connection[] = []
  while (all.length < count) {
    const batch = Array.from({ length: Math.min(64, count - all.length) }, async () => {
      const connection = await Connection.open(port)
      await prepare(connection)
      return connection
    })
    all.push(...(await Promise.all(batch)))
  }
  return all
}
