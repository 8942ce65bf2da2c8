// Hands records to rsyslog: the daemon's own, and what the processes it started wrote to their stderr. One connection per
// developer, because the socket says whose record it is. Bounded: what does not fit is counted, and the count is a record too.
import { connect, type Socket } from 'node:net'
import type { RecordBody } from '../../servers/contract/record.ts'
import { frameRecord } from '../../servers/contract/syslog.ts'
import type { YardLayout } from '../sandbox/layout.ts'

/** Whose records: the server's name is the tag, the developer chooses the socket. */
export interface RecordSource {
  readonly server: string
  readonly developer: string
}

/** What waits for a collector that is away: some seconds of a bad day, not more. */
const WAITING_MAX = 5_000
/** What lies in the kernel's and node's buffers is as good as lost when the collector dies, so it is kept small. */
const UNSENT_BYTES_MAX = 256 * 1024
const RETRY_FIRST_MS = 100
const RETRY_MAX_MS = 5_000

export interface RecordSender {
  /** Never blocks, never throws. */
  write(source: RecordSource, body: RecordBody): void
  /** Sends what waits, for at most `deadlineMs`. */
  close(deadlineMs: number): Promise<void>
}

export function createRecordSender(layout: YardLayout): RecordSender {
  const lines = new Map<string, ReturnType<typeof createLine>>()
  return {
    write(source, body) {
      let line = lines.get(source.developer)
      if (line === undefined) {
        line = createLine(layout.logSocket(source.developer))
        lines.set(source.developer, line)
      }
      line.write(source.server, body)
    },
    async close(deadlineMs) {
      await Promise.all([...lines.values()].map((line) => line.close(deadlineMs)))
    },
  }
}

function createLine(path: string) {
  const waiting: Buffer[] = []
  let dropped = 0
  let delayMs = RETRY_FIRST_MS
  let socket: Socket | undefined
  let retry: NodeJS.Timeout | undefined
  let closed: (() => void) | undefined

  const open = () => {
    retry = undefined
    const next = connect(path)
    // A collector must not keep a daemon alive that has nothing else to do.
    next.unref()
    next.on('connect', () => {
      delayMs = RETRY_FIRST_MS
      socket = next
      flush()
    })
    next.on('drain', () => flush())
    next.on('error', () => {})
    next.on('close', () => {
      socket = undefined
      if (closed && waiting.length === 0) return
      retry = setTimeout(open, delayMs).unref()
      delayMs = Math.min(RETRY_MAX_MS, delayMs * 2)
    })
  }
  const flush = () => {
    while (socket !== undefined && socket.writableLength < UNSENT_BYTES_MAX) {
      const frame = waiting.shift()
      if (frame === undefined) break
      socket.write(frame)
    }
    if (closed && waiting.length === 0) socket?.end(closed)
  }
  open()

  return {
    write(tag: string, body: RecordBody) {
      if (waiting.length >= WAITING_MAX) {
        dropped++
        return
      }
      if (dropped > 0) {
        const message = `${dropped} records of this daemon's were dropped: the collector was away`
        waiting.push(frameRecord('edgeyard', { ...body, severity: 'warn', message }))
        dropped = 0
      }
      waiting.push(frameRecord(tag, body))
      flush()
    },
    async close(deadlineMs: number) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        closed = resolve
        timer = setTimeout(resolve, deadlineMs)
        flush()
        if (waiting.length === 0 && socket === undefined) resolve()
      })
      clearTimeout(timer)
      clearTimeout(retry)
      socket?.destroy()
    },
  }
}
