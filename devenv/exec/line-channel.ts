// One JSON object a line over a Unix socket, in both directions: the channel between a supervisor and what it started.
import type { Socket } from 'node:net'
import { CHANNEL_LINE_BYTES_MAX } from '../../servers/contract/channel.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'

/** Lines that nobody has asked for yet. A server says three in its life; one that says more is broken or hostile. */
const LINES_WAITING_MAX = 64

export interface LineChannel {
  /** The next line, null when the other side is gone. Rejects with PROTOCOL when it broke the rules; it is cut off then. */
  next(): Promise<string | null>
  /** Writes one message. Does nothing when the other side is gone: `next` tells. */
  send(message: object): void
  close(): void
}

export function createLineChannel(socket: Socket): LineChannel {
  const waiting: string[] = []
  const asked: { resolve(line: string | null): void; reject(error: Error): void }[] = []
  let ended: { error: Error | null } | null = null
  let rest = Buffer.alloc(0)

  const end = (error: Error | null) => {
    if (ended) return
    ended = { error }
    socket.destroy()
    for (const one of asked.splice(0)) error ? one.reject(error) : one.resolve(null)
  }
  const breakRules = (what: string) => end(new EdgeyardError('PROTOCOL', `Cannot go on with the channel: ${what}`))
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    for (let at = rest.indexOf(10); at !== -1 && !ended; at = rest.indexOf(10)) {
      if (at > CHANNEL_LINE_BYTES_MAX) return breakRules(`a line longer than ${CHANNEL_LINE_BYTES_MAX} bytes`)
      const line = rest.subarray(0, at).toString('utf8')
      rest = rest.subarray(at + 1)
      const first = asked.shift()
      if (first) first.resolve(line)
      else if (waiting.push(line) > LINES_WAITING_MAX) return breakRules(`more than ${LINES_WAITING_MAX} lines at once`)
    }
    if (rest.length > CHANNEL_LINE_BYTES_MAX) breakRules(`a line longer than ${CHANNEL_LINE_BYTES_MAX} bytes`)
  })
  socket.on('error', () => end(null))
  socket.on('close', () => end(null))

  return {
    next() {
      const line = waiting.shift()
      if (line !== undefined) return Promise.resolve(line)
      if (ended) return ended.error ? Promise.reject(ended.error) : Promise.resolve(null)
      return new Promise((resolve, reject) => {
        asked.push({ resolve, reject })
      })
    },
    send(message) {
      if (!ended) socket.write(`${JSON.stringify(message)}\n`)
    },
    close: () => end(null),
  }
}
