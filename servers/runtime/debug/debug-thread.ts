// The thread that speaks with debuggers: the main one stands still at a breakpoint. The Chrome DevTools Protocol, as `node --inspect`
// serves it, on a Unix socket.
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { Session } from 'node:inspector'
import { createServer as createSocketServer } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { DEBUG_GREETING } from '../../contract/debug.ts'
import { attachWebSockets, type TextSocket, type TextSocketEvents } from '../../transport/attach-websockets.ts'
import type { DebugThreadData, FromDebugThread } from './open-debugger.ts'
import { createShownPaths } from './shown-paths.ts'

const { socketPath, release, title } = workerData as DebugThreadData

/** One debugger's message: as much as a whole source put back. */
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024
/** Debuggers attach again after a moment; a server that nobody debugs does without this thread. */
const IDLE_MS = 60_000
/** One target. Any name would do. */
const TARGET = 'edgeyard'

const paths = createShownPaths(release)
let attached = 0

const http = createServer((request, response) => {
  // As `node --inspect` does: a page in a browser that found a way here must not be answered.
  const host = request.headers.host ?? ''
  if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host))
    return answer(response, 400, { error: 'Ask as localhost' })
  if (request.url === '/json/version') return answer(response, 200, { Browser: 'edgeyard', 'Protocol-Version': '1.3' })
  if (request.url === '/json' || request.url === '/json/list') return answer(response, 200, [targetAt(host)])
  answer(response, 404, { error: 'There is /json/list and /json/version' })
})
attachWebSockets(http, MESSAGE_BYTES_MAX, attach)

const listening = createSocketServer((socket) => {
  socket.write(DEBUG_GREETING)
  http.emit('connection', socket)
})
rmSync(socketPath, { force: true })
listening.listen(socketPath, () => {
  // The daemon may be another user.
  chmodSync(socketPath, 0o600)
  tell({ type: 'listening' })
})
listening.on('error', (error) => {
  tell({ type: 'failed', message: error.message })
  end()
})
let idle = setTimeout(end, IDLE_MS)

function targetAt(host: string) {
  return {
    id: TARGET,
    title,
    type: 'node',
    description: 'edgeyard script',
    url: 'file:///edgeyard/src/main.ts',
    webSocketDebuggerUrl: `ws://${host}/${TARGET}`,
  }
}

function attach(path: string, socket: TextSocket): TextSocketEvents | undefined {
  if (path !== `/${TARGET}`) return undefined
  const session = new Session()
  session.connectToMainThread()
  clearTimeout(idle)
  attached++
  tell({ type: 'attached', debuggers: attached })
  session.on('inspectorNotification', (message) => socket.send(paths.outward(message as never)))
  return {
    message(text) {
      const { id, method, params } = parse(text)
      if (method === undefined) return
      session.post(method, params, (error, result) => {
        socket.send(paths.outward((error === null ? { id, result } : { id, error }) as never))
      })
    },
    closed() {
      // A main thread that stands still goes on.
      session.disconnect()
      attached--
      tell({ type: 'attached', debuggers: attached })
      if (attached === 0) idle = setTimeout(end, IDLE_MS)
    },
  }
}

function parse(text: string): { id?: number; method?: string; params?: object } {
  try {
    return JSON.parse(paths.inward(text))
  } catch {
    return {}
  }
}

function end(): void {
  listening.close()
  http.closeAllConnections()
  rmSync(socketPath, { force: true })
  parentPort!.close()
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', 'cache-control': 'no-cache' })
  response.end(JSON.stringify(body))
}

function tell(message: FromDebugThread): void {
  parentPort!.postMessage(message)
}
