import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sharesPort } from '../../contract/engine.ts'
import { bootEdgeServer, letServe, type ServingEdgeServer, startEdgeServer } from '../../testing/edge-server.ts'
import { createSandboxFolder, type SandboxFolder } from '../../testing/sandbox-folder.ts'
import { connectSocket, type SocketClient } from '../../testing/socket-client.ts'

const script = (version: string) => `let each = 0, one = 0
module.exports.default = {
  start(worker) {
    this.worker = worker
    worker.every(10, () => { one++ })
    worker.every(10, () => { each++ }, { only: 'each' })
  },
  fetch(req, ctx) {
    if (req.path === '/count') return { headers: { connection: 'close' }, body: JSON.stringify({ pid: process.pid, count: ctx.dict('counts').incr('n') }) }
    if (req.path === '/publish') ctx.publish('all', 'text ' + req.query.get('n'))
    return { headers: { 'x-worker': String(this.worker.id), connection: 'close' }, body: JSON.stringify({ version: '${version}', pid: process.pid, one, each }) }
  },
  open(ws) { ws.join('all'); ws.send(String(process.pid)) },
  message(ws, data, ctx) { ctx.publish('all', data) },
}`

interface Told {
  version: string
  pid: number
  one: number
  each: number
}

describe('two workers', () => {
  let sandbox: SandboxFolder
  let server: ServingEdgeServer
  const ask = async (path = '/') => {
    const reply = await fetch(server.url + path)
    return { ...((await reply.json()) as Told), worker: Number(reply.headers.get('x-worker')) }
  }
  /** Asks until both have answered. */
  const askBoth = async () => {
    const told = new Map<number, Told>()
    while (told.size < 2) {
      const one = await ask()
      told.set(one.worker, one)
    }
    return told
  }
  /** One socket on each. */
  const connectBoth = async () => {
    const clients = new Map<string, SocketClient>()
    while (clients.size < 2) {
      const client = await connectSocket(server.url.replace('http', 'ws'))
      const pid = String(await client.next())
      if (clients.has(pid)) client.close()
      else clients.set(pid, client)
    }
    return [...clients.values()]
  }

  beforeEach(async () => {
    sandbox = await createSandboxFolder({
      script: script('first'),
      workers: 2,
      main: 'worker_shutdown_timeout 2s;',
      edge: 'dict counts 1m;',
    })
    server = await startEdgeServer(sandbox.prefix)
  })
  afterEach(async () => {
    await server.kill()
    await sandbox.remove()
  })

  it('are started as any others by one that has waited for its release', async () => {
    await server.kill()
    const waiting = bootEdgeServer(sandbox.prefix, {}, true)
    waiting.begin(sandbox.prefix)
    server = await letServe(waiting)
    for (const { pid } of (await askBoth()).values()) {
      assert.doesNotMatch(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), /--wait|--preload/)
    }
  })

  it('share the port and know their numbers; worker 0 alone ticks for all', async () => {
    let both = await askBoth()
    assert.deepEqual([...both.keys()].sort(), [0, 1])
    while (both.get(0)!.one === 0 || both.get(1)!.each === 0) both = await askBoth()
    assert.equal(both.get(1)!.one, 0)
  })

  it('publish to the sockets of both, texts and bytes', async () => {
    const clients = await connectBoth()
    await ask('/publish?n=1')
    for (const client of clients) assert.equal(await client.next(), 'text 1')
    clients[0]!.send(new Uint8Array([0, 255, 10]))
    for (const client of clients) assert.deepEqual(await client.next(), Buffer.from([0, 255, 10]))
    for (const client of clients) client.close()
  })

  it('are replaced one by one when they die', async () => {
    const { pid, worker } = await ask()
    process.kill(pid, 'SIGKILL')
    await server.log.until(
      new RegExp(`worker ${worker} \\(pid ${pid}\\) ended by SIGKILL and is replaced; what it logged`),
    )
    const both = await askBoth()
    assert.notEqual(both.get(worker)!.pid, pid)
  })

  it('share a dict, which outlives each of them', async () => {
    const pids = new Set<number>()
    let counted = 0
    const count = async () => {
      const told = (await (await fetch(`${server.url}/count`)).json()) as { pid: number; count: number }
      assert.equal(told.count, ++counted)
      return pids.add(told.pid)
    }
    while ((await count()).size < 2);
    for (const pid of [...pids]) {
      process.kill(pid, 'SIGKILL')
      await server.log.until(new RegExp(`pid ${pid}\\) ended by SIGKILL and is replaced`))
      await askBoth()
    }
    while ((await count()).size < 4);
  })

  it('are renewed by a reload; what cannot start changes nothing and says why', async () => {
    const clients = await connectBoth()
    await sandbox.writeScript('throw new Error("broken")')
    server.signal('SIGHUP')
    await server.log.until(/reload failed, nothing has changed: Error: broken/)
    assert.equal((await ask()).version, 'first')
    await sandbox.write('conf/server.conf', 'nonsense;')
    server.signal('SIGHUP')
    await server.log.until(/reload failed.*server\.conf/)
    await ask('/publish?n=2')
    for (const client of clients) assert.equal(await client.next(), 'text 2')
  })

  it('go over to a new script without a request that fails, and send their sockets on with 1012', async () => {
    const clients = await connectBoth()
    await sandbox.writeScript(script('second'))
    const { port } = server
    await sandbox.write('conf/server.conf', (await confOf(sandbox)).replace('127.0.0.1:0', `127.0.0.1:${port}`))
    server.signal('SIGHUP')
    const versions: string[] = []
    while (versions.at(-1) !== 'second' || (await askBoth()).get(0)!.version !== 'second') {
      versions.push((await ask()).version)
    }
    for (const client of clients) assert.equal((await client.closed).code, 1012)
    await server.log.until(/\] \d+#0: reloaded/)
  })

  it('end with their master: gracefully on QUIT, and when it is killed', async () => {
    const clients = await connectBoth()
    server.signal('SIGQUIT')
    for (const client of clients) assert.equal((await client.closed).code, 1012)
    assert.deepEqual(await server.ended, { code: 0, signal: null })
    const again = await startEdgeServer(sandbox.prefix)
    server = again
    const pids = [...(await askBoth()).values()].map(({ pid }) => pid)
    await again.kill()
    for (const pid of pids) while (existsSync(`/proc/${pid}`)) await new Promise(setImmediate)
  })
})

describe('two workers with idle_stop', () => {
  it('are idle when both are, and not while one of them has a socket', async () => {
    const twoIdleStops = 'open(ws) { setTimeout(() => ws.send("two idle_stops later"), 2000) }'
    const sandbox = await createSandboxFolder({
      script: `module.exports.default = { ${twoIdleStops}, message() {} }`,
      workers: 2,
      edge: 'idle_stop 1s;',
    })
    const server = await startEdgeServer(sandbox.prefix)
    try {
      for (const _ of [1, 2]) {
        const client = await connectSocket(server.url.replace('http', 'ws'))
        const idle = server.heard()
        const first = await Promise.race([idle, client.next()])
        assert.equal(first, 'two idle_stops later')
        client.close()
        assert.deepEqual(await idle, { type: 'idle' })
      }
    } finally {
      await server.kill()
      await sandbox.remove()
    }
  }).timeout(20_000)
})

describe('several workers on an engine that cannot share a port (engine node before libuv 1.49; left out where it can)', () => {
  it('are refused, with the way out', async function () {
    if (sharesPort('node')) this.skip()
    const sandbox = await createSandboxFolder({ script: script('x'), workers: 2, edge: 'engine node;' })
    const server = bootEdgeServer(sandbox.prefix)
    try {
      const message = await server.heard()
      assert.equal(message.type, 'failed')
      assert.match(JSON.stringify(message), /worker_processes 2 cannot share a port.*uws/)
    } finally {
      await server.kill()
      await sandbox.remove()
    }
  })
})

async function confOf(sandbox: SandboxFolder): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  return await readFile(join(sandbox.prefix, 'conf/server.conf'), 'utf8')
}
