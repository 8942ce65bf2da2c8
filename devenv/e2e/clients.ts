// The two kinds of client that load a sandbox in the tests.
import assert from 'node:assert/strict'
import { type Agent, get } from 'node:http'
import { WebSocket } from 'ws'

/** An HTTP answer, or the error of the connection. */
export function httpGet(url: string, agent?: Agent): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, agent === undefined ? { agent: false } : { agent }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', reject)
    })
    request.on('error', reject)
  })
}

/** A WebSocket whose messages are read one by one. */
export class Session {
  readonly socket: WebSocket
  readonly #waiting: ((message: string) => void)[] = []
  readonly #arrived: string[] = []
  /** Resolves with the close code. */
  readonly closed: Promise<number>

  private constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('message', (data: Buffer) => {
      const text = data.toString()
      const next = this.#waiting.shift()
      if (next === undefined) this.#arrived.push(text)
      else next(text)
    })
  }

  /** Resolves when the socket is open; rejects with the refusal's status otherwise. */
  static open(url: string): Promise<Session> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { perMessageDeflate: false })
      const session = new Session(socket)
      socket.once('open', () => resolve(session))
      socket.once('error', reject)
    })
  }

  /** The next message, in the order they came. */
  async next(): Promise<string> {
    const arrived = this.#arrived.shift()
    if (arrived !== undefined) return arrived
    return await new Promise<string>((resolve, reject) => {
      this.#waiting.push(resolve)
      void this.closed.then((code) => reject(new Error(`The socket closed with ${code} before a message came`)))
    })
  }

  async ask(message: string): Promise<string> {
    this.socket.send(message)
    return await this.next()
  }

  /** Asks with a JSON value, and reads messages until one satisfies `wanted`. */
  async nextJson<T extends Record<string, unknown>>(wanted: (message: T) => boolean): Promise<T> {
    for (;;) {
      const message = JSON.parse(await this.next()) as T
      if (wanted(message)) return message
    }
  }

  async close(): Promise<void> {
    this.socket.close()
    assert.ok(await this.closed)
  }
}
