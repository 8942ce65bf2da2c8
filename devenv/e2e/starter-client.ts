// A WebSocket client that speaks JSON and waits for the message it wants.
import { once } from 'node:events'
import { WebSocket } from 'ws'

// biome-ignore lint/suspicious/noExplicitAny: the tests look into messages of every shape.
type Message = any

export class JsonClient {
  readonly socket: WebSocket
  readonly #arrived: Message[] = []
  #wake: () => void = () => {}

  /** Resolves with the close code. */
  readonly closed: Promise<number>

  private constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('error', () => {})
    socket.on('message', (data: Buffer) => {
      this.#arrived.push(JSON.parse(data.toString()))
      this.#wake()
    })
  }

  /** Rejects with the answer of a server that refuses, as `{ status, body }`. */
  static async open(url: string): Promise<JsonClient> {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    const client = new JsonClient(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
      socket.once('unexpected-response', async (_request, response) => {
        let body = ''
        for await (const chunk of response) body += chunk
        reject({ status: response.statusCode, body })
      })
    })
    return client
  }

  say(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** The first message that fits, whether it is here already or comes later. Others before it are skipped. */
  async hear(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      while (this.#arrived.length > 0) {
        const message = this.#arrived.shift()
        if (fits(message)) return message
      }
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve
        void this.closed.then((code) => reject(new Error(`The socket closed with ${code} before the message came`)))
      })
    }
  }

  /** Says it and hears the next message of the type. */
  async ask(message: unknown, type: string): Promise<Message> {
    this.say(message)
    return await this.hear((heard) => heard.type === type)
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return
    const closed = once(this.socket, 'close')
    this.socket.close()
    await closed
  }
}
