// Hands records to rsyslog: the daemon's own, and what the processes it started wrote to their stderr. One connection per
// developer, because the socket says whose record it is. Bounded: what does not fit is counted, and the count is a record too.
import { connect, type Socket } from 'node:net'
import { createRun } from '../../servers/contract/run.ts'
import { createFramer, type Framer, type UnnumberedBody } from '../../servers/contract/syslog.ts'
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
  /** Never blocks, never throws. Each log file's records have numbers of their own. */
  write(source: RecordSource, body: UnnumberedBody): void
  /** Says how many there were and sends what waits, for at most `deadlineMs`. */
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
  const waiting: string[] = []
  const framers = new Map<string, Framer>()
  /** By server: what did not fit, and was not told. */
  const dropped = new Map<string, number>()
  /** A collector went away that had been given something; what it had not stored is lost, and seen by the numbers. */
  let mayMiss = false
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
      if (mayMiss) pushCounts()
      mayMiss = false
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
      mayMiss = true
      socket.write(frame)
    }
    if (closed && waiting.length === 0) socket?.end(closed)
  }
  const framerOf = (tag: string) => {
    const framer = framers.get(tag) ?? createFramer(tag, createRun(Date.now(), Math.random))
    framers.set(tag, framer)
    return framer
  }
  const tellDropped = () => {
    for (const [tag, count] of dropped) {
      const message = `${count} records were dropped: the log collector did not take them in time`
      const time = new Date().toISOString()
      waiting.push(framerOf(tag).frame({ time, severity: 'warn', message, pid: process.pid }))
    }
    dropped.clear()
  }
  const pushCounts = () => {
    for (const framer of framers.values()) {
      const frame = framer.frameCount(new Date().toISOString(), process.pid)
      if (frame !== undefined) waiting.push(frame)
    }
  }
  open()

  return {
    write(tag: string, body: UnnumberedBody) {
      if (waiting.length < WAITING_MAX) {
        tellDropped()
        waiting.push(framerOf(tag).frame(body))
        flush()
      } else {
        // It is numbered all the same, so that it is missed.
        framerOf(tag).frame(body)
        dropped.set(tag, (dropped.get(tag) ?? 0) + 1)
      }
    },
    async close(deadlineMs: number) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        tellDropped()
        pushCounts()
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
