// A WebSocket client over a connection that is there.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { WebSocket } from 'ws'
import { patiently } from './patience.ts'
import type { Yard, YardSocket } from './types.ts'

/** See `Yard.connect`. */
export async function connectOver(
  connect: () => Duplex,
  path: string,
  { protocols = [], headers = {} }: Parameters<Yard['connect']>[1] = {},
): Promise<YardSocket> {
  const socket = new WebSocket(`ws://localhost${path}`, protocols, { headers, createConnection: connect as never })
  const messages: (string | Uint8Array)[] = []
  const takers: ((message: string | Uint8Array) => void)[] = []
  socket.on('message', (data: Buffer, binary: boolean) => {
    const message = binary ? new Uint8Array(data) : data.toString()
    const taker = takers.shift()
    if (taker === undefined) messages.push(message)
    else taker(message)
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code: number, reason: Buffer) => resolve({ code, reason: reason.toString() }))
  })
  socket.on('unexpected-response', async (_request, response: IncomingMessage) => {
    const status = response.statusCode
    const error = Object.assign(new Error(`The handshake was refused with status ${status}`), { status })
    socket.emit('error', Object.assign(error, { body: await text(response) }))
  })
  await once(socket, 'open')
  socket.on('error', () => {})
  const taken = () => new Promise<string | Uint8Array>((resolve) => takers.push(resolve))
  const ended = closed.then(({ code, reason }): never => {
    throw new Error(`The socket was closed with ${code} "${reason}" before a message came`)
  })
  ended.catch(() => {})
  return {
    protocol: socket.protocol,
    closed,
    send: (data) => socket.send(data),
    close: (code, reason) => socket.close(code, reason),
    async next() {
      const message = messages.shift()
      return message ?? (await patiently(Promise.race([taken(), ended]), () => 'No message came'))
    },
  }
}
