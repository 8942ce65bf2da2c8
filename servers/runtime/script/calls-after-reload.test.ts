import assert from 'node:assert/strict'
import { startEdgeServer } from '../../testing/edge-server.ts'
import { createSandboxFolder, testConf } from '../../testing/sandbox-folder.ts'
import { connectSocket } from '../../testing/socket-client.ts'

const SCRIPT = `module.exports.default = {
  async message(ws, data, ctx) {
    const reply = await ctx.call('/price')
    ws.send(await reply.text())
  },
}`
const server = (price: string) =>
  `location / { script src/main.ts; } location /price { internal; return 200 "${price}"; }`

describe('ctx.call of a socket', () => {
  it('is answered by the conf that a reload has brought', async () => {
    const sandbox = await createSandboxFolder({ script: SCRIPT, server: server('old') })
    const edge = await startEdgeServer(sandbox.prefix)
    try {
      const ws = await connectSocket(edge.url.replace('http', 'ws'))
      ws.send('ask')
      assert.equal(await ws.next(), 'old')
      await sandbox.write('conf/server.conf', testConf({ server: server('new') }))
      edge.signal('SIGHUP')
      await edge.log.until(/reloaded/)
      ws.send('ask')
      assert.equal(await ws.next(), 'new')
      ws.close()
    } finally {
      await edge.kill()
      await sandbox.remove()
    }
  })
})
