// A WebSocket client for a test: what it was sent waits until somebody asks.
import { once } from 'node:events'
import { WebSocket } from 'ws'

export interface SocketClient {
  send(data: string | Uint8Array): void
  /** The next message that nobody has taken yet; text as a string. */
  next(): Promise<string | Buffer>
  close(code?: number): void
  readonly closed: Promise<{ code: number; reason: string }>
}

/** Rejects with `status N` when the handshake is refused. */
export async function connectSocket(url: string, protocols: string[] = []): Promise<SocketClient> {
  const socket = new WebSocket(url, protocols)
  const messages: (string | Buffer)[] = []
  const takers: ((message: string | Buffer) => void)[] = []
  socket.on('message', (data: Buffer, binary: boolean) => {
    const message = binary ? data : data.toString()
    const taker = takers.shift()
    if (taker === undefined) messages.push(message)
    else taker(message)
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code: number, reason: Buffer) => resolve({ code, reason: reason.toString() }))
  })
  socket.on('unexpected-response', (request, response) => {
    request.destroy()
    socket.emit('error', new Error(`status ${response.statusCode}`))
  })
  await once(socket, 'open')
  socket.on('error', () => {})
  return {
    closed,
    send: (data) => socket.send(data),
    next: () => {
      const message = messages.shift()
      return message === undefined ? new Promise((resolve) => takers.push(resolve)) : Promise.resolve(message)
    },
    close: (code) => socket.close(code),
  }
}
