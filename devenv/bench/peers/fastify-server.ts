// Fastify with nothing around it. A child of the bench.

import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { HELLO } from './peer.ts'

const app = Fastify()
app.get('/hello', (_request, reply) => {
  reply.header('content-type', 'text/plain; charset=utf-8').send(HELLO)
})
await app.listen({ port: 0, host: '127.0.0.1' })
process.send!({ port: (app.server.address() as AddressInfo).port })
process.on('disconnect', () => process.exit())
