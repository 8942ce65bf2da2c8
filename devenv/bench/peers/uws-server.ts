// uWebSockets.js with nothing around it: what the engine alone costs. A child of the bench.
import { App, us_socket_local_port } from 'uWebSockets.js'
import { HELLO, KEY, QUERY, ROW_ID, type StorePlaces } from './peer.ts'

const { redis, mysql } = JSON.parse(process.argv[2] ?? '{}') as StorePlaces
const app = App()
const type = 'text/plain; charset=utf-8'

app.get('/hello', (res) => {
  res.writeHeader('content-type', type).end(HELLO)
})
app.get('/gc', (res) => {
  globalThis.gc?.()
  res.end('done')
})
if (redis !== undefined) {
  const { Redis } = await import('ioredis')
  const client = new Redis({ port: redis.port, password: redis.password, enableAutoPipelining: true })
  app.get('/redis', (res) => {
    let gone = false
    res.onAborted(() => {
      gone = true
    })
    client.get(KEY).then((value) => {
      if (!gone) res.cork(() => res.writeHeader('content-type', type).end(value ?? ''))
    })
  })
}
if (mysql !== undefined) {
  const { createPool } = await import('mysql2')
  const pool = createPool({ socketPath: mysql.socket, user: mysql.user, database: 'test', connectionLimit: 10 })
  app.get('/mysql', (res) => {
    let gone = false
    res.onAborted(() => {
      gone = true
    })
    pool.query(QUERY, [ROW_ID], (_error, rows) => {
      const [row] = rows as { name: string }[]
      if (!gone) res.cork(() => res.writeHeader('content-type', type).end(row!.name))
    })
  })
}
app.ws('/echo', {
  maxPayloadLength: 64 * 1024,
  message: (ws, message, isBinary) => {
    ws.send(message, isBinary)
  },
})
app.ws('/publish', {
  maxPayloadLength: 64 * 1024,
  open: (ws) => {
    ws.subscribe('all')
  },
  message: (_ws, message, isBinary) => {
    app.publish('all', message, isBinary)
  },
})
app.listen('127.0.0.1', 0, (token) => {
  if (token === false) throw new Error('Cannot listen')
  process.send!({ port: us_socket_local_port(token as never) })
})
process.on('disconnect', () => process.exit())
