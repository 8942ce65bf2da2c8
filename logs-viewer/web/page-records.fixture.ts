// Records of a game's backend as they look in a yard, by number: as many as one likes, the same ones every time, none of them kept.
import type { ShownRecord, Source } from '../query/wire.ts'

const SOURCES: readonly Source[] = [
  { developer: 'ana', server: 'socketserver' },
  { developer: 'ana', server: 'dtserver' },
  { developer: 'bo', server: 'socketserver' },
  { developer: 'master', server: 'httpserver' },
  { developer: 'master', server: 'redis' },
]

const RELEASES = ['4f2a91c8e012', 'c195217b1aeb']

export const STACK = `TypeError: Cannot read properties of undefined (reading 'move')
    at Lobby.move (src/lobby.ts:48:31)
    at message (src/main.ts:12:7)
    at dispatch (node_modules/edge/dist/dispatch.js:101:9)
    at onMessage (node_modules/edge/dist/socket.js:55:3)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)`

/** What is logged, in turns: mostly calm. */
const KINDS: readonly ((n: number) => Partial<ShownRecord>)[] = [
  (n) => ({ message: `Player ${name(n)} joined room ${n % 40}`, fields: { room: { id: n % 40 }, players: n % 7 } }),
  (n) => ({ message: `Order ${1000 + n} accepted`, fields: { item: 'sword', price: (n * 7) % 90 } }),
  (n) => ({ severity: 'debug', message: `Heartbeat of ${name(n)}, ${n % 90} ms` }),
  (n) => ({ message: `GET /users/${n % 500} 200`, fields: { ms: n % 30 } }),
  (n) => ({ severity: 'debug', message: `Cache hit for leaderboard:${n % 12}` }),
  (n) => ({
    message: `Match ${n % 300} found for ${name(n)} and ${name(n + 5)}`,
    fields: { rating: 1200 + (n % 400) },
  }),
  (n) => ({ severity: 'notice', message: `Room ${n % 40} closed: nobody is left` }),
]

function name(n: number): string {
  return ['mira', 'otto', 'kenji', 'lucia', 'sam', 'noor', 'piet'][n % 7]!
}

function rare(n: number): Partial<ShownRecord> | undefined {
  if (n % 997 === 5)
    return { severity: 'crit', message: 'Out of memory: the worker is replaced', fields: { limit: '256m' } }
  if (n % 211 === 13) {
    const message = "Cannot read properties of undefined (reading 'move')"
    return { severity: 'error', message, stack: STACK, fields: { room: { id: n % 40 } } }
  }
  if (n % 173 === 40) return { severity: 'error', message: `No answer from matchmaking after ${800 + (n % 90)} ms` }
  if (n % 37 === 9)
    return {
      severity: 'warn',
      message: `Slow query: SELECT * FROM items took ${200 + (n % 300)} ms`,
      fields: { ms: 200 + (n % 300) },
    }
  return undefined
}

export interface History {
  readonly count: number
  /** When the last one was received, and how far they are apart. */
  readonly endMs: number
  readonly stepMs: number
}

export function recordAt({ count, endMs, stepMs }: History, n: number): ShownRecord {
  const received = new Date(endMs - (count - 1 - n) * stepMs).toISOString()
  const source = SOURCES[Math.floor(n / 3) % SOURCES.length]!
  const own = rare(n) ?? KINDS[(n * 5) % KINDS.length]!(n)
  return {
    ...source,
    id: `${source.developer}/${source.server}/${received.slice(0, 10)}:${n}`,
    time: received,
    received,
    severity: 'info',
    message: '',
    pid: 4100 + (n % 3),
    seq: n + 1,
    release: RELEASES[n % 400 < 300 ? 0 : 1]!,
    request: `r${(n * 7919).toString(36)}`,
    ...own,
  }
}

export function sourcesOf(records: History): readonly Source[] {
  return records.count === 0 ? [] : SOURCES
}
