// What the collector says of itself: rsyslog's impstats, a file of lines with one JSON object each, all counters every some seconds.
import { open } from 'node:fs/promises'
import type { HealthReply } from '../query/wire.ts'

export type CollectorHealth = NonNullable<HealthReply['collector']>

/** Records, since rsyslogd started. */
export type Losses = Pick<CollectorHealth, 'discarded' | 'rateLimited'>

export interface Counted {
  readonly newest: CollectorHealth
  /** In the oldest round that the file has. */
  readonly oldest: Losses
}

/** Two times all counters of a thousand developers. */
const TAIL_BYTES = 1024 * 1024

/** Null when there is no such file, or nothing of it can be read. */
export async function readCollector(path: string): Promise<Counted | null> {
  try {
    const file = await open(path)
    try {
      const { size, mtime } = await file.stat()
      const length = Math.min(size, TAIL_BYTES)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
      const counted = countCollector(buffer.toString('utf8', 0, bytesRead))
      return counted && { ...counted, newest: { ...counted.newest, at: mtime.toISOString() } }
    } finally {
      await file.close()
    }
  } catch {
    return null
  }
}

type Counters = Readonly<Record<string, unknown>>

/** Pure. The text may begin in the middle of a line, and end in one. Null when not even one whole round is in it. */
export function countCollector(text: string): { newest: Omit<CollectorHealth, 'at'>; oldest: Losses } | null {
  const rounds = splitRounds(text.split('\n').slice(0, -1).map(parseCounters))
  const last = rounds.at(-1)
  if (last === undefined) return null
  // Counters of one round are not of one moment: what is under way looks lost in one of two rounds, what is lost in both.
  const rateLimited = (two: readonly Counters[][]) => Math.min(...two.map(rateLimitedIn))
  return {
    newest: {
      queued: sum(last, 'core.queue', 'size'),
      discarded: discardedIn(last),
      rateLimited: rateLimited(rounds.slice(-2)),
    },
    oldest: { discarded: discardedIn(rounds[0]!), rateLimited: rateLimited(rounds.slice(0, 2)) },
  }
}

/** Every round ends with the resources of rsyslogd, or begins there: the name that comes again begins another. */
function splitRounds(all: readonly (Counters | null)[]): Counters[][] {
  const rounds: Counters[][] = []
  let round: Counters[] = []
  let seen = new Set<unknown>()
  for (const counters of all) {
    if (counters === null) continue
    const key = `${counters.origin} ${counters.name}`
    if (seen.has(key)) {
      rounds.push(round)
      round = []
      seen = new Set()
    }
    seen.add(key)
    round.push(counters)
  }
  // The last one may be under way: it counts when it is as long as the one before.
  const before = rounds.at(-1)
  if (before === undefined || round.length >= before.length) rounds.push(round)
  return rounds.filter((one) => one.some(({ origin }) => origin === 'core.queue'))
}

function discardedIn(round: readonly Counters[]): number {
  return sum(round, 'core.queue', 'discarded.full') + sum(round, 'core.queue', 'discarded.nf')
}

/** What came in and went into no queue. The part of a queue that lies on the disk and rsyslogd's own messages are none of it. */
function rateLimitedIn(round: readonly Counters[]): number {
  const queues = round.filter(({ name }) => name !== 'main Q' && !String(name).endsWith('[DA]'))
  const taken = sum(queues, 'core.queue', 'enqueued') + sum(queues, 'core.queue', 'discarded.full')
  // Of this host's sockets, and of other hosts.
  return Math.max(0, sum(round, 'imptcp', 'submitted') + sum(round, 'imtcp', 'submitted') - taken)
}

function sum(round: readonly Counters[], origin: string, counter: string): number {
  return round.reduce((total, counters) => {
    const value = counters.origin === origin ? counters[counter] : 0
    return total + (typeof value === 'number' ? value : 0)
  }, 0)
}

/** A time stands before the object. */
function parseCounters(line: string): Counters | null {
  try {
    const value: unknown = JSON.parse(line.slice(line.indexOf('{')))
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch {
    return null
  }
}
