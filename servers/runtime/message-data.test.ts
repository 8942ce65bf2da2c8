import assert from 'node:assert/strict'
import { sharesPort } from '../contract/engine.ts'
import { startEdgeServer } from '../testing/edge-server.ts'
import { createSandboxFolder } from '../testing/sandbox-folder.ts'
import { connectSocket } from '../testing/socket-client.ts'

const SCRIPT = `const bytes = new Uint8Array([0, 65, 66, 67, 68]).buffer
const attempt = (send) => { try { send() } catch (error) { return error.name + ': ' + error.message } }
module.exports.default = {
  open(ws) { ws.join('all') },
  message(ws, data, ctx) {
    if (data === 'wrong') {
      const refused = [5, null, undefined, true, {}, [1]].map((each) => [attempt(() => ws.send(each)), attempt(() => ctx.publish('all', each))])
      return void ws.send(JSON.stringify([...refused.flat(), attempt(() => ctx.publish(5, 'x'))]))
    }
    for (const each of ['text', new Uint8Array(bytes, 1, 2), new Uint16Array(bytes.slice(1)), new DataView(bytes, 3), bytes]) {
      ws.send(each)
      ctx.publish('all', each)
    }
  },
}`

const ENGINES = [
  ['uws', 1],
  ['node', 1],
  ['uws', 2],
  ['node', 2],
] as const

describe('what a script sends', () => {
  for (const [engine, workers] of ENGINES.filter(([engine, workers]) => workers === 1 || sharesPort(engine))) {
    it(`is text or bytes and nothing else, on ${engine} with ${workers === 1 ? 'one worker' : 'two workers'}`, async () => {
      const sandbox = await createSandboxFolder({ script: SCRIPT, workers, edge: `engine ${engine};` })
      const server = await startEdgeServer(sandbox.prefix)
      try {
        const client = await connectSocket(server.url.replace('http', 'ws'))
        client.send('right')
        for (const expected of ['text', 'AB', 'ABCD', 'CD', '\0ABCD'])
          for (const _ of ['sent', 'published']) assert.equal(String(await client.next()), expected)
        client.send('wrong')
        const refused = ['number', 'null', 'undefined', 'boolean', 'object', 'object'].flatMap((kind) =>
          ['ws.send', 'ctx.publish'].map((method) => `TypeError: ${method} takes text or bytes, not ${kind}`),
        )
        refused.push('TypeError: ctx.publish takes a text as topic')
        assert.deepEqual(JSON.parse(String(await client.next())), refused)
        client.close()
      } finally {
        await server.kill()
        await sandbox.remove()
      }
    })
  }
})
