// The server's end of fd 3.
import { Socket } from 'node:net'
import {
  CHANNEL_FD,
  CHANNEL_LINE_BYTES_MAX,
  type FromServer,
  parseToServer,
  type ToServer,
} from '../contract/channel.ts'

export interface Channel {
  /** Resolves when the line was handed to the system, or nobody is there to read it. */
  say(message: FromServer): Promise<void>
  /** Resolves with the word to listen; `gone` when the supervisor went first. */
  readonly told: Promise<ToServer | 'gone'>
  /** Resolves when the other side has gone. */
  readonly gone: Promise<void>
  /** From here on the process does not live for the channel. It may still say something. */
  rest(): void
}

export function openChannel(): Channel {
  const socket = new Socket({ fd: CHANNEL_FD, readable: true, writable: true })
  let text = ''
  const told = new Promise<ToServer | 'gone'>((resolve) => {
    socket.setEncoding('utf8')
    socket.on('data', (piece: string) => {
      text += piece
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 1)
        try {
          resolve(parseToServer(line))
        } catch {
          // Only `listen` is known; a supervisor of a later version may say more.
        }
      }
      if (text.length > CHANNEL_LINE_BYTES_MAX) socket.destroy()
    })
    // An error is followed by `close`: the supervisor has gone, which matters only before `listen`.
    socket.on('error', () => {})
    socket.on('end', () => resolve('gone'))
    socket.on('close', () => resolve('gone'))
  })
  return {
    told,
    gone: new Promise((resolve) => socket.on('close', () => resolve())),
    say(message) {
      return new Promise((resolve) => {
        if (socket.destroyed || !socket.writable) return resolve()
        socket.write(`${JSON.stringify(message)}\n`, () => resolve())
      })
    },
    rest() {
      socket.unref()
    },
  }
}
