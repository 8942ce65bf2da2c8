// Realistic records, made from a seed: the same seed gives the same bytes on every machine.
import type { Severity } from '../../../servers/contract/record.ts'

/** In how many records `RARE` stands: some of them in every set, never so many that a page of hits is full. */
const RARE_EVERY = 250_000

/** What the bench searches for. A common word stands in one record of eight, the absent one in none. */
export const COMMON = 'inventory'
export const RARE = 'quartermaster-7c1e'
export const ABSENT = 'zebra crossing'

export interface RecordMaker {
  /** A line of a log file as the collector writes it, with its newline, about 220 bytes. */
  line(process: ServerProcess, receivedMs: number): string
  /** What a server sends: the same without the time of arrival, and without a newline. */
  body(process: ServerProcess, receivedMs: number): string
}

/** Who writes: counts its records. */
export interface ServerProcess {
  readonly pid: number
  readonly release: string
  seq: number
  /** The id of the request it is at. */
  request?: string
}

export function createRecordMaker(seed: number): RecordMaker {
  const random = createRandom(seed)
  const upTo = (end: number) => Math.floor(random() * end)
  const pick = <T>(of: readonly T[]): T => of[upTo(of.length)]!
  const hex = (digits: number) =>
    upTo(16 ** digits)
      .toString(16)
      .padStart(digits, '0')
  let made = 0

  const body = (process: ServerProcess, receivedMs: number) => {
    const { severity, message, fields, stack } = pickEvent(random())
    const time = new Date(receivedMs - upTo(3)).toISOString()
    const seq = ++process.seq
    const text = ++made % RARE_EVERY === 0 ? `Asked the ${RARE} again` : message(upTo, pick)
    // A request of nginx's kind has several records, and many records have none.
    const place = random()
    if (place < 0.15) process.request = `${hex(8)}${hex(8)}${hex(8)}${hex(8)}`
    const request = place < 0.3 ? `,"request":"${process.request ?? ''}"` : ''
    const shown = fields === undefined ? '' : `,"fields":{${fields(upTo, pick)}}`
    const shownStack = stack === undefined ? '' : `,"stack":${JSON.stringify(stack(upTo, pick))}`
    return `{"time":"${time}","severity":"${severity}","message":"${text}","pid":${process.pid},"seq":${seq},"release":"${process.release}"${request}${shownStack}${shown}}`
  }
  return {
    body,
    line: (process, receivedMs) =>
      `{"received":"${new Date(receivedMs).toISOString()}",${body(process, receivedMs).slice(1)}\n`,
  }
}

/** mulberry32: good enough to look random, and the same everywhere. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type UpTo = (end: number) => number
type Pick = <T>(of: readonly T[]) => T

interface EventKind {
  /** Of all records; together 1. */
  readonly share: number
  readonly severity: Severity
  readonly message: (upTo: UpTo, pick: Pick) => string
  readonly fields?: (upTo: UpTo, pick: Pick) => string
  readonly stack?: (upTo: UpTo, pick: Pick) => string
}

const PATHS = ['/hhl', '/api/orders', '/api/users/me', '/api/inventory', '/static/map.json'] as const
const ROOMS = ['lobby', 'arena', 'market', 'guild', 'world'] as const
const ITEMS = ['sword', 'shield', 'potion', 'scroll', 'map', 'lantern', 'rope'] as const
const HOOKS = ['onMessage', 'loadProfile', 'saveInventory', 'joinRoom', 'priceOf'] as const

const EVENTS: readonly EventKind[] = [
  {
    share: 0.3,
    severity: 'info',
    message: (_upTo, pick) => `${pick(['GET', 'GET', 'POST'])} ${pick(PATHS)} ${pick(['200', '200', '200', '304'])}`,
    fields: (upTo) => `"ms":${upTo(400) / 10},"bytes":${upTo(20_000)}`,
  },
  {
    share: 0.25,
    severity: 'debug',
    message: (upTo, pick) => `message of player ${100_000 + upTo(50_000)} in ${pick(ROOMS)}`,
    fields: (upTo) => `"bytes":${upTo(2000)}`,
  },
  {
    share: 0.17,
    severity: 'info',
    message: (upTo, pick) => `player ${100_000 + upTo(50_000)} ${pick(['joined', 'left'])} ${pick(ROOMS)}`,
    fields: (upTo, pick) => `"room":{"id":${upTo(500)},"kind":"${pick(ROOMS)}"},"players":${upTo(64)}`,
  },
  {
    share: 0.15,
    severity: 'debug',
    message: () => 'redis GET',
    fields: (upTo, pick) => `"key":"${pick(['user', 'session', 'room'])}:${100_000 + upTo(50_000)}","us":${upTo(900)}`,
  },
  {
    share: 0.08,
    severity: 'notice',
    message: (_upTo, pick) => `inventory saved: ${pick(ITEMS)}, ${pick(ITEMS)}`,
    fields: (upTo) => `"player":${100_000 + upTo(50_000)}`,
  },
  {
    share: 0.03,
    severity: 'warn',
    message: (upTo) => `slow query: ${200 + upTo(3000)} ms`,
    fields: (upTo) => `"sql":"SELECT * FROM users WHERE id = ?","rows":${upTo(50)}`,
  },
  {
    share: 0.02,
    severity: 'error',
    message: (upTo, pick) =>
      pick([
        `TypeError: Cannot read properties of undefined (reading '${pick(ITEMS)}')`,
        `Error: ER_LOCK_DEADLOCK: Deadlock found on row ${upTo(100_000)}`,
        `Error: connect ECONNREFUSED 127.0.0.1:${6380 + upTo(40)}`,
      ]),
    stack: (upTo, pick) => {
      const hook = pick(HOOKS)
      const line = 10 + HOOKS.indexOf(hook) * 7
      return `    at ${hook} (src/${hook}.ts:${line}:17)\n    at message (src/main.ts:${12 + upTo(3)}:5)`
    },
  },
]

function pickEvent(place: number): EventKind {
  let left = place
  for (const event of EVENTS) {
    left -= event.share
    if (left < 0) return event
  }
  return EVENTS[0]!
}
