import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ShownRecord } from '../query/wire.ts'
import { TailClients } from './tail-clients.ts'

const record = (id: string, message = ''): ShownRecord => ({
  id,
  message,
  developer: 'dev1',
  server: 'socketserver',
  severity: 'error',
  time: '',
  received: '',
})

describe('the clients of the tail', () => {
  const clients = new TailClients()
  const server = createServer()
  let port = 0
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })
  after(() => {
    clients.close()
    server.closeAllConnections()
    server.close()
  })

  it('do not count one that went while its question was looked at', async () => {
    const sent = get({ host: '127.0.0.1', port })
    sent.on('error', () => {})
    const [, response] = (await once(server, 'request')) as [unknown, ServerResponse]
    sent.destroy()
    await once(response, 'close')
    clients.add((records) => records, response).release([], true)
    assert.equal(clients.count, 0)
  })

  it('are given no more of what was held for them than one may wait for', async () => {
    const sent = get({ host: '127.0.0.1', port })
    const [, response] = (await once(server, 'request')) as [unknown, ServerResponse]
    const client = clients.add((records) => records, response)
    clients.report(
      Array.from({ length: 100 }, (_, n) => record(`dev1/socketserver/2026-11-20:${n}`, 'x'.repeat(50_000))),
    )
    client.release([], true)
    const [reply] = await once(sent, 'response')
    let text = ''
    for await (const piece of reply) {
      text += piece
      if (text.includes('event: skipped')) response.end()
    }
    assert.ok(text.length < 1024 * 1024, `${text.length} bytes`)
    const { count } = JSON.parse(/event: skipped\ndata: (.*)/.exec(text)![1]!)
    assert.equal(count + text.match(/^id: /gm)!.length, 100)
  })
})
