// WebSockets beside what is served: for a protocol of our own on a socket of our own, not for a script's clients.
import type { Server } from 'node:http'
import { WebSocketServer } from 'ws'

export interface TextSocket {
  send(text: string): void
  /** Closes the connection. */
  close(): void
}

export interface TextSocketEvents {
  message(text: string): void
  closed(): void
}

/** Every WebSocket that `server` is asked for; messages of more than `bytesMax` close it. `open` gets the path asked for; undefined refuses it. */
export function attachWebSockets(
  server: Server,
  bytesMax: number,
  open: (path: string, socket: TextSocket) => TextSocketEvents | undefined,
): void {
  const upgrader = new WebSocketServer({ noServer: true, maxPayload: bytesMax, perMessageDeflate: false })
  server.on('upgrade', (request, stream, head) => {
    upgrader.handleUpgrade(request, stream, head, (socket) => {
      const events = open(request.url ?? '', { send: (text) => socket.send(text), close: () => socket.close() })
      if (events === undefined) return socket.close()
      socket.on('message', (data) => events.message(data.toString()))
      socket.on('error', () => {})
      socket.on('close', () => events.closed())
    })
  })
}
