// How a yard that starts in the background tells the `up --detach` that waits for it: lines of JSON on fd 3.
// It sends a batch of progress, and the next one when the other side has asked for more: neither is ever flooded.
import { Socket } from 'node:net'
import { CHANNEL_FD } from '../../servers/contract/channel.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'

export type UpNews =
  | { readonly type: 'progress'; readonly lines: readonly string[] }
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly text: string }

export interface Announcer {
  progress(line: string): void
  /** The last word; what waits is sent before it. */
  ready(): void
  failed(text: string): void
}

const LINES_PER_BATCH = 40
const LINE_LENGTH_MAX = 400
/** A line of fd 3 is at most 64 KiB; an error's text with many diagnostics is cut below that. */
const TEXT_LENGTH_MAX = 12_000

/** The socket is the inherited fd 3, or a test's. Whoever waited may be gone: then nothing is said, and nothing breaks. */
export function createAnnouncer(
  socket: Socket = new Socket({ fd: CHANNEL_FD, readable: true, writable: true }),
): Announcer {
  const waiting: string[] = []
  let asked = true
  let open = true
  socket.on('error', () => {
    open = false
  })
  socket.on('close', () => {
    open = false
  })
  socket.on('data', () => {
    asked = true
    sendBatch()
  })
  socket.unref()

  const send = (news: UpNews) => {
    if (open) socket.write(`${JSON.stringify(news)}\n`)
  }
  const sendBatch = () => {
    if (!asked || waiting.length === 0) return
    asked = false
    send({ type: 'progress', lines: waiting.splice(0, LINES_PER_BATCH) })
  }
  const last = (news: UpNews) => {
    if (waiting.length > 0) send({ type: 'progress', lines: waiting.splice(0).slice(-LINES_PER_BATCH) })
    send(news)
    socket.end()
  }
  return {
    progress(line) {
      waiting.push(line.slice(0, LINE_LENGTH_MAX))
      sendBatch()
    },
    ready: () => last({ type: 'ready' }),
    failed: (text) => last({ type: 'failed', text: text.slice(0, TEXT_LENGTH_MAX) }),
  }
}

/** Throws `PROTOCOL` for anything else. */
export function parseNews(line: string): UpNews {
  try {
    const news = JSON.parse(line) as UpNews
    if (news.type === 'ready' || (news.type === 'failed' && typeof news.text === 'string')) return news
    if (news.type === 'progress' && Array.isArray(news.lines)) return news
  } catch {
    // Falls through to the one error below.
  }
  throw new EdgeyardError('PROTOCOL', `Cannot understand what the daemon said: ${line.slice(0, 200)}`)
}
