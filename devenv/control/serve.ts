// The daemon's side of the control socket. Only the daemon's own user may connect: the socket is 0600 from its first moment.
import { mkdir, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { EdgeyardError, isEdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import type { By } from './by.ts'
import { CLIENTS_MAX, CLOSE_GRACE_MS, LINE_BYTES_MAX, REQUEST_TIMEOUT_MS, UNREAD_BYTES_MAX } from './limits.ts'
import { onLines } from './lines.ts'
import { inodeOf, listenPrivately } from './listen-privately.ts'
import { parseRequest } from './parse-request.ts'
import type { ControlAnswer, ControlVerb, ControlVerbs } from './protocol.ts'

/** One function a verb. What it throws is the client's answer; a client that has gone changes nothing for it. */
export type ControlHandlers = {
  readonly [V in ControlVerb]: (
    params: ControlVerbs[V]['params'],
    progress: (line: string) => void,
    by: By,
    // Only what is done for a client's sake alone ends with it.
    ...gone: V extends 'turn' ? [whenItLeaves: AbortSignal] : []
  ) => Promise<ControlVerbs[V]['result']>
}

/**
 * Listens on `socket`, in place of one that a daemon left behind. Throws `YARD_RUNNING` when somebody answers on it.
 * `close` removes the socket if it is still this one, takes no more requests and waits for the answers that are due, at
 * most CLOSE_GRACE_MS: the handler of `down` must return before its caller closes, or it waits for itself. `listenAgain` makes
 * the socket anew where it has gone, and tells whether it had; not beside `close`.
 */
export async function serveControl(
  socket: string,
  handlers: ControlHandlers,
): Promise<{ listenAgain(): Promise<boolean>; close(): Promise<void> }> {
  await mkdir(dirname(socket), { recursive: true })
  if (await answers(socket)) {
    throw new EdgeyardError(
      'YARD_RUNNING',
      `Cannot take the control socket ${socket}: a daemon of this yard is running`,
    )
  }
  const working = new Set<Promise<void>>()
  const clients = new Set<Socket>()
  const listen = async () => {
    const server = createServer((client) => {
      clients.add(client)
      client.on('close', () => clients.delete(client))
      const work = serveClient(client, handlers).finally(() => working.delete(work))
      working.add(work)
    })
    server.maxConnections = CLIENTS_MAX
    return { server, inode: await listenPrivately(server, socket) }
  }
  let { server, inode } = await listen()
  const listenAgain = async () => {
    if (inodeOf(socket) !== undefined) return false
    await mkdir(dirname(socket), { recursive: true })
    const before = server
    ;({ server, inode } = await listen())
    // Nobody finds it any more; whoever is being served by it still is.
    before.close()
    return true
  }
  let closed: Promise<void> | undefined
  const close = async () => {
    const ended = new Promise<void>((resolve) => server.close(() => resolve()))
    if (inodeOf(socket) === inode) await rm(socket, { force: true })
    // A client that has not asked for anything has nothing to wait for.
    for (const client of clients) if (!asked.has(client)) client.destroy()
    await Promise.race([Promise.all(working), deadline(CLOSE_GRACE_MS)])
    for (const client of clients) client.destroy()
    await ended
  }
  return { listenAgain, close: () => (closed ??= close()) }
}

/** Clients whose request has arrived. */
const asked = new WeakSet<Socket>()

function deadline(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}

/** Answers one request. Never rejects. */
async function serveClient(client: Socket, handlers: ControlHandlers): Promise<void> {
  const send = (answer: ControlAnswer) => {
    if (!client.writable) return
    client.write(`${JSON.stringify(answer)}\n`)
    if (client.writableLength > UNREAD_BYTES_MAX) client.destroy()
  }
  try {
    const line = await firstLine(client)
    if (line === null) return
    asked.add(client)
    const { verb, params, by } = parseRequest(line)
    const handler = handlers[verb] as (
      params: unknown,
      progress: (line: string) => void,
      by: By,
      gone: AbortSignal,
    ) => Promise<unknown>
    const leaving = new AbortController()
    client.once('close', () => leaving.abort())
    if (client.destroyed) leaving.abort()
    const result = await handler(params, (text) => send({ type: 'progress', line: text }), by, leaving.signal)
    send({ type: 'result', result })
  } catch (error) {
    send(answerOf(error))
  } finally {
    await farewell(client)
  }
}

/** The client's request, or null when it left, or was cut off, without one. */
function firstLine(client: Socket): Promise<string | null> {
  return new Promise((resolve, reject) => {
    client.setTimeout(REQUEST_TIMEOUT_MS, () => client.destroy())
    // An error is always followed by `close`: a client that has gone is nobody's fault.
    client.on('error', () => {})
    client.on('close', () => resolve(null))
    onLines(client, {
      bytesMax: LINE_BYTES_MAX,
      onTooLong: () => reject(new EdgeyardError('PROTOCOL', 'Cannot read the request: its line is too long')),
      onLine: (line) => {
        client.setTimeout(0)
        resolve(line)
      },
    })
  })
}

/** Ends the connection and waits until the client has read the answer, or has gone, or takes too long. */
function farewell(client: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (client.destroyed) return resolve()
    client.on('close', () => resolve())
    client.setTimeout(REQUEST_TIMEOUT_MS, () => client.destroy())
    client.end(() => client.destroy())
  })
}

function answerOf(error: unknown): ControlAnswer {
  return isEdgeyardError(error)
    ? { type: 'error', code: error.code, message: error.message, diagnostics: error.diagnostics }
    : { type: 'error', code: 'CONTROL_FAILED', message: messageOf(error), diagnostics: [] }
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket)
    connection.on('connect', () => {
      connection.destroy()
      resolve(true)
    })
    connection.on('error', () => resolve(false))
  })
}
