// A client that writes exactly the bytes it is given, as no HTTP library would.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface RawResponse {
  readonly status: number
  /** Lower-case names; repeated headers stay apart. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
  header(name: string): string | undefined
}

export class RawClient {
  readonly socket: Socket
  /** How the connection ended: by the server's FIN, or with an error. */
  readonly ended: Promise<'end' | 'reset'>
  private received: Buffer = Buffer.alloc(0)
  private finished = false
  private wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk])
      this.wake?.()
    })
    this.ended = new Promise((resolve) => {
      socket.on('error', () => resolve('reset'))
      socket.on('close', () => {
        this.finished = true
        this.wake?.()
        resolve('end')
      })
    })
  }

  /** What has come and was not taken yet. */
  get unread(): string {
    return this.received.toString('latin1')
  }

  /** Lines are joined with CRLF; the last must be followed by an empty one to end the head. */
  write(...lines: readonly string[]): void {
    this.socket.write(lines.join('\r\n'), 'latin1')
  }

  /** A GET with a Host and whatever else is given. */
  get(path: string, ...headers: readonly string[]): void {
    this.write(`GET ${path} HTTP/1.1`, 'Host: a.test', ...headers, '', '')
  }

  /** The next response; rejects when the connection ends before it is complete. `toHead`: it has no body. */
  async response({ toHead = false } = {}): Promise<RawResponse> {
    let end = this.received.indexOf('\r\n\r\n')
    while (end === -1) {
      await this.more('a response')
      end = this.received.indexOf('\r\n\r\n')
    }
    const [statusLine = '', ...lines] = this.received.toString('latin1', 0, end).split('\r\n')
    this.received = this.received.subarray(end + 4)
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    })
    const header = (name: string) => headers.find(([own]) => own === name)?.[1]
    const status = Number(statusLine.split(' ')[1])
    let body: Buffer = Buffer.alloc(0)
    if (!toHead && header('transfer-encoding') === 'chunked') body = await this.chunks()
    else if (!toHead && status !== 101 && status !== 204 && status !== 304) {
      body = await this.take(Number(header('content-length') ?? 0))
    }
    return { status, headers, body, header }
  }

  /** Exactly so many bytes. */
  async take(bytes: number): Promise<Buffer> {
    while (this.received.length < bytes) await this.more(`${bytes} bytes`)
    const taken = this.received.subarray(0, bytes)
    this.received = this.received.subarray(bytes)
    return taken
  }

  /** True when the connection has ended and nothing is left, false as soon as there are bytes. */
  async isOver(): Promise<boolean> {
    while (this.received.length === 0 && !this.finished) await this.more('bytes')
    return this.received.length === 0
  }

  /** Everything until the server ends the connection. */
  async rest(): Promise<string> {
    await this.ended
    return this.received.toString('latin1')
  }

  private async chunks(): Promise<Buffer> {
    const chunks: Buffer[] = []
    for (;;) {
      let end = this.received.indexOf('\r\n')
      while (end === -1) {
        await this.more('a chunk')
        end = this.received.indexOf('\r\n')
      }
      const bytes = Number.parseInt((await this.take(end + 2)).toString('latin1'), 16)
      const chunk = await this.take(bytes + 2)
      if (bytes === 0) return Buffer.concat(chunks)
      chunks.push(chunk.subarray(0, bytes))
    }
  }

  private more(what: string): Promise<void> {
    if (this.finished)
      throw new Error(`The connection ended before ${what}; left: ${this.received.toString('latin1').slice(0, 200)}`)
    return new Promise((resolve) => {
      this.wake = resolve
    })
  }
}

/** Of a port of this machine, or of the path of a Unix socket. */
export async function rawClient(
  where: number | string,
  { tls = false, allowHalfOpen = false }: { tls?: boolean; allowHalfOpen?: boolean } = {},
): Promise<RawClient> {
  const at = typeof where === 'string' ? { path: where } : { port: where, host: '127.0.0.1', noDelay: true }
  const socket = tls ? connectTls({ ...at, rejectUnauthorized: false }) : connect({ ...at, allowHalfOpen })
  await once(socket, tls ? 'secureConnect' : 'connect')
  return new RawClient(socket)
}
