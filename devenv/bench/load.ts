// The clients, in a process of their own, so that their work is not counted as the server's. A child of bench.ts.
import { once } from 'node:events'
import { connect } from 'node:net'
import { WebSocket } from 'ws'
import { HELLO, JOBS, type Load, type Loaded } from './jobs.ts'

process.on('message', async (load: Load) => {
  const begun = performance.now()
  await (load.job === 'http' ? loadHttp(load) : loadWebSocket(load))
  process.send!({ ms: performance.now() - begun } satisfies Loaded)
})
process.on('disconnect', () => process.exit())

/** Keep-alive connections with one request under way on each. Bare sockets: node's client costs more than the servers. */
async function loadHttp({ port, operations }: Load): Promise<void> {
  const { connections } = JOBS.http
  const each = Math.ceil(operations / connections)
  const request = `GET /hello HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      await once(socket, 'connect')
      let left = each
      let text = ''
      await new Promise<void>((resolve, reject) => {
        socket.setEncoding('latin1').on('data', (chunk: string) => {
          text += chunk
          if (!text.endsWith(`\r\n\r\n${HELLO}`)) return
          if (!text.startsWith('HTTP/1.1 200 ')) return reject(new Error(`A wrong answer: ${text}`))
          text = ''
          if (--left > 0) socket.write(request)
          else resolve()
        })
        socket.on('close', () => reject(new Error('The server closed a connection')))
        socket.write(request)
      })
      socket.destroy()
    }),
  )
}

/** One message under way on each socket. */
async function loadWebSocket({ port, operations }: Load): Promise<void> {
  const { connections } = JOBS.websocket
  const each = Math.ceil(operations / connections)
  const message = 'x'.repeat(20)
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false })
      await once(socket, 'open')
      let left = each
      await new Promise<void>((resolve, reject) => {
        socket.on('message', (data: Buffer) => {
          if (data.toString() !== message) return reject(new Error(`A wrong answer: ${data}`))
          if (--left > 0) socket.send(message)
          else resolve()
        })
        socket.on('close', () => reject(new Error('The server closed a socket')))
        socket.send(message)
      })
      socket.terminate()
    }),
  )
}
