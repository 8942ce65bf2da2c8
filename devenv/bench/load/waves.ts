// Closed loops in waves: every connection is written to, then every answer is awaited, and only counted in bytes: the first
// answer of each connection was looked at. So a server always finds many connections ready at once, as a busy one does,
// however slow the load is.
import { type Connection, openAll } from './connection.ts'
import { clientFrame, payload, serverFrame } from './frames.ts'
import type { Load } from './load.ts'

export interface Opened {
  /** Sends one wave and resolves when all of it was answered, with how many operations that were. */
  wave(): Promise<number>
  close(): void
}

export function openLoad(load: Load): Promise<Opened> {
  switch (load.kind) {
    case 'http':
      return openHttp(load)
    case 'echo':
      return openEcho(load)
    case 'publish':
      return openPublish(load)
    case 'idle':
      return openIdle(load)
  }
}

const HANDSHAKE_KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

async function openHttp({ port, path, connections }: Load & { kind: 'http' }): Promise<Opened> {
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
  let length = 0
  const all = await openAll(port, connections, async (one) => {
    // Twice: a first answer may say something of the connection.
    await one.ask(request, isWholeReply)
    const answer = await one.ask(request, isWholeReply)
    if (!answer.startsWith('HTTP/1.1 200 ')) throw new Error(`A wrong answer: ${answer}`)
    length = answer.length
  })
  return waves(all, all, request, length, all.length)
}

async function openEcho(load: Load & { kind: 'echo' }): Promise<Opened> {
  const { port, connections, bytes, framesPerWrite, binary = false } = load
  const data = payload(bytes)
  const frame = clientFrame(data, binary)
  const answer = serverFrame(data, binary).toString('latin1')
  const all = await openAll(port, connections, async (one) => {
    await shakeHands(one, port, '/echo')
    const echoed = await one.ask(frame, (text) => text.length >= answer.length)
    if (echoed !== answer) throw new Error(`A wrong answer: ${JSON.stringify(echoed)}`)
  })
  const written = Buffer.concat(Array.from({ length: framesPerWrite }, () => frame))
  return waves(all, all, written, answer.length * framesPerWrite, connections * framesPerWrite)
}

async function openPublish({ port, subscribers, speakers, bytes }: Load & { kind: 'publish' }): Promise<Opened> {
  const data = payload(bytes)
  const frame = clientFrame(data)
  const all = await openAll(port, subscribers, (one) => shakeHands(one, port, '/publish'))
  const opened = waves(all, all.slice(0, speakers), frame, serverFrame(data).length * speakers, speakers)
  // Who has not joined yet would be waited for in vain: a peer joins its sockets a moment after the handshake.
  await new Promise((resolve) => setTimeout(resolve, 50))
  return opened
}

async function openIdle({ port, connections }: Load & { kind: 'idle' }): Promise<Opened> {
  const all = await openAll(port, connections, (one) => shakeHands(one, port, '/echo'))
  for (const one of all) one.onBytes = () => {}
  return {
    wave: async () => 0,
    close: () =>
      all.forEach((one) => {
        one.close()
      }),
  }
}

function waves(
  readers: Connection[],
  writers: Connection[],
  bytes: Buffer,
  answerBytes: number,
  operations: number,
): Opened {
  let missing = 0
  let done: () => void = () => {}
  let failed: (error: Error) => void = () => {}
  for (const one of readers) {
    one.onBytes = (piece) => {
      missing -= piece.length
      if (missing === 0) done()
      else if (missing < 0) failed(new Error('The server answered more than was asked'))
    }
    one.onLost = (error) => failed(error)
  }
  return {
    async wave() {
      missing = answerBytes * readers.length
      await new Promise<void>((resolve, reject) => {
        done = resolve
        failed = reject
        for (const one of writers) one.socket.write(bytes)
      })
      return operations
    },
    close() {
      failed = () => {}
      for (const one of readers) one.close()
    },
  }
}

async function shakeHands(one: Connection, port: number, path: string): Promise<void> {
  const answer = await one.ask(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${HANDSHAKE_KEY}\r\nSec-WebSocket-Version: 13\r\nOrigin: http://127.0.0.1:${port}\r\n` +
      'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r\n\r\n',
    (text) => text.includes('\r\n\r\n'),
  )
  if (!answer.startsWith('HTTP/1.1 101 ')) throw new Error(`A wrong answer: ${answer}`)
}

function isWholeReply(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n')
  if (end === -1) return false
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer)?.[1]
  // nginx streams what Lua prints.
  if (length === undefined) return answer.endsWith('0\r\n\r\n')
  return answer.length === end + 4 + Number(length)
}
