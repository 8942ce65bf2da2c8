import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { DEBUG_GREETING, DEBUG_SIGNAL, DEBUG_SOCKET } from '../../contract/debug.ts'
import { createBlockSandbox } from '../../testing/blocks/block-sandbox.ts'
import { parseBlocks } from '../../testing/blocks/parse-blocks.ts'
import { type ServingEdgeServer, startEdgeServer } from '../../testing/edge-server.ts'
import type { SandboxFolder } from '../../testing/sandbox-folder.ts'

const BLOCK = `=== a script
--- edge
cpu_limit 50ms 100ms;
--- script
interface Player { hp: number }

export default {
  fetch(req: { path: string }) {
    const player: Player = { hp: req.path.length }
    return { body: String(player.hp) }
  },
}
`

describe('a debugger', () => {
  let sandbox: SandboxFolder
  let server: ServingEdgeServer
  let debug: Inspector

  before(async () => {
    sandbox = await createBlockSandbox(parseBlocks(BLOCK, 'debugger.test.ts')[0]!, 'uws')
    server = await startEdgeServer(sandbox.prefix)
    server.signal(DEBUG_SIGNAL)
    await server.log.until(/debuggers may attach/)
    debug = await attach(join(sandbox.prefix, DEBUG_SOCKET))
  })

  after(async () => {
    await server.kill()
    await sandbox.remove()
  })

  it('is greeted, finds one target, and only when it asks as localhost', async () => {
    const path = join(sandbox.prefix, DEBUG_SOCKET)
    const [target] = (await ask(path, '/json/list', 'localhost:9229')) as { webSocketDebuggerUrl: string }[]
    assert.equal(target?.webSocketDebuggerUrl, 'ws://localhost:9229/edgeyard')
    assert.deepEqual(await ask(path, '/json/list', 'evil.example'), { error: 'Ask as localhost' })
  })

  it('sees the TypeScript at a folder that says nothing of the machine', async () => {
    const script = await debug.parsed
    assert.equal(script.url, 'file:///edgeyard/build/src/main.js')
    const map = JSON.parse(Buffer.from(script.sourceMapURL.split(',')[1]!, 'base64').toString())
    assert.match(map.sourcesContent[0], /interface Player/)
    assert.deepEqual(map.sources, ['../../src/main.ts'])
  })

  it('stops the script at a line, looks at it, and lets it go on; no limit of time counts meanwhile', async () => {
    const { scriptSource } = (await debug.post('Debugger.getScriptSource', {
      scriptId: (await debug.parsed).scriptId,
    })) as {
      scriptSource: string
    }
    const lineNumber = scriptSource.split('\n').findIndex((line) => line.includes('return { body'))
    await debug.post('Debugger.setBreakpointByUrl', { url: 'file:///edgeyard/build/src/main.js', lineNumber })
    const answered = fetch(`${server.url}/four`)
    const { callFrames } = await debug.next<{ callFrames: { callFrameId: string; location: { scriptId: string } }[] }>(
      'Debugger.paused',
    )
    assert.equal(callFrames[0]!.location.scriptId, (await debug.parsed).scriptId)
    // Longer than cpu_limit: the limit is what must not be met.
    for (let looks = 0; looks < 20; looks++) {
      await debug.post('Debugger.evaluateOnCallFrame', {
        callFrameId: callFrames[0]!.callFrameId,
        expression: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)',
      })
    }
    const { result } = (await debug.post('Debugger.evaluateOnCallFrame', {
      callFrameId: callFrames[0]!.callFrameId,
      expression: 'player.hp += 37',
    })) as { result: { value: number } }
    assert.equal(result.value, 42)
    await debug.post('Debugger.resume')
    assert.equal(await (await answered).text(), '42')
  })

  it('that goes while the script stands still sets it free', async () => {
    const answered = fetch(server.url)
    await debug.next('Debugger.paused')
    debug.socket.terminate()
    assert.equal((await answered).status, 200)
    assert.deepEqual(
      server.log.all().filter((line) => /\[(error|alert|emerg)\]/.test(line)),
      [],
    )
  })

  it('finds no port open', async () => {
    server.signal('SIGUSR1')
    assert.equal((await fetch(server.url)).status, 200)
    assert.ok(!server.log.all().some((line) => line.includes('Debugger listening')))
  })
})

interface Inspector {
  readonly socket: WebSocket
  post(method: string, params?: object): Promise<unknown>
  next<T>(method: string): Promise<T>
  /** The script of the release. */
  readonly parsed: Promise<{ url: string; scriptId: string; sourceMapURL: string }>
}

async function attach(path: string): Promise<Inspector> {
  const stream = await greeted(path)
  const socket = new WebSocket('ws://localhost:9229/edgeyard', { createConnection: () => stream as never })
  const answers = new Map<number, (result: unknown) => void>()
  const listeners = new Set<(method: string, params: never) => void>()
  let last = 0
  socket.on('message', (data) => {
    const { id, method, params, result } = JSON.parse(data.toString())
    answers.get(id)?.(result)
    if (method !== undefined) for (const listener of [...listeners]) listener(method, params as never)
  })
  await once(socket, 'open')
  const until = <T>(fits: (method: string, params: never) => boolean) =>
    new Promise<T>((resolve) => {
      const listener = (method: string, params: never) => {
        if (!fits(method, params)) return
        listeners.delete(listener)
        resolve(params)
      }
      listeners.add(listener)
    })
  const parsed = until<{ url: string; scriptId: string; sourceMapURL: string }>(
    (method, params: { url: string }) => method === 'Debugger.scriptParsed' && params.url.endsWith('src/main.js'),
  )
  const post = (method: string, params = {}) =>
    new Promise<unknown>((resolve) => {
      last++
      answers.set(last, resolve)
      socket.send(JSON.stringify({ id: last, method, params }))
    })
  await post('Debugger.enable')
  return { socket, post, parsed, next: (wanted) => until((method) => method === wanted) }
}

/** A connection whose greeting was read. */
async function greeted(path: string): Promise<Socket> {
  const socket = connect(path)
  await once(socket, 'readable')
  assert.equal(socket.read(DEBUG_GREETING.length)?.toString(), DEBUG_GREETING)
  return socket
}

async function ask(path: string, url: string, host: string): Promise<unknown> {
  const stream = await greeted(path)
  const request = get({ path: url, headers: { host }, createConnection: () => stream })
  const [response] = await once(request, 'response')
  let text = ''
  for await (const piece of response) text += piece
  return JSON.parse(text)
}
