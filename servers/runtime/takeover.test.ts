import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { sharesPort } from '../contract/engine.ts'
import { bootEdgeServer, type EdgeServer, startEdgeServer } from '../testing/edge-server.ts'
import { createSandboxFolder, type SandboxFolder, testConf } from '../testing/sandbox-folder.ts'
import { connectSocket } from '../testing/socket-client.ts'

const script = (name: string) => `module.exports.default = {
  async fetch(req) { await new Promise(setImmediate); return { body: '${name}' } },
  open(ws) { ws.send('${name}') },
  message(ws, data) { ws.send(data) },
}`

describe('a release that takes over', () => {
  for (const engine of ['uws', 'node'] as const) {
    it(`drops no request and resets no connection, and sends every socket on (${engine}, where libuv can share a port)`, async function () {
      // There the second process waits for the port instead.
      if (!sharesPort(engine)) this.skip()
      const sandboxes: SandboxFolder[] = []
      const servers: EdgeServer[] = []
      const keepAlive = new Agent({ keepAlive: true, maxSockets: 4 })
      try {
        const edge = `engine ${engine};`
        const first = await createSandboxFolder({ script: script('first'), edge })
        sandboxes.push(first)
        const old = await startEdgeServer(first.prefix)
        servers.push(old)
        const { port } = old
        const second = await createSandboxFolder({ script: script('second'), edge })
        sandboxes.push(second)
        await second.write('conf/server.conf', testConf({ edge }).replace(':0;', `:${port};`))

        const load = createLoad(port, keepAlive)
        const sockets = await Promise.all(Array.from({ length: 50 }, () => connectSocket(`ws://127.0.0.1:${port}`)))
        const next = bootEdgeServer(second.prefix)
        servers.push(next)
        await next.heard()
        assert.equal(await next.listen(), port)
        old.signal('SIGQUIT')
        for (const socket of sockets) assert.equal((await socket.closed).code, 1012)
        assert.deepEqual(await old.ended, { code: 0, signal: null })
        const answers = await load.stop()
        assert.deepEqual([...new Set(answers)].sort(), ['first', 'second'])
        assert.equal(answers.at(-1), 'second')
        const again = await connectSocket(`ws://127.0.0.1:${port}`)
        assert.equal(await again.next(), 'second')
        again.close()
      } finally {
        keepAlive.destroy()
        await Promise.all(servers.map((server) => server.kill()))
        await Promise.all(sandboxes.map((sandbox) => sandbox.remove()))
      }
    })
  }
})

/** Requests without pause, over kept and over fresh connections. `stop` rejects when one of them failed. */
function createLoad(port: number, agent: Agent): { stop(): Promise<string[]> } {
  const answers: string[] = []
  let going = true
  const loop = async (using: Agent | false) => {
    while (going) answers.push(await ask(port, using))
  }
  const loops = Promise.all([...Array.from({ length: 4 }, () => loop(agent)), loop(false), loop(false)])
  loops.catch(() => {})
  return {
    async stop() {
      going = false
      await loops
      return answers
    },
  }
}

function ask(port: number, agent: Agent | false): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ port, agent, method: 'POST', path: '/' }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece) => {
        text += piece
      })
      response.on('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`status ${response.statusCode}`)),
      )
      response.on('error', reject)
    })
      .on('error', reject)
      .end('x')
  })
}
