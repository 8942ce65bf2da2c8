// `npm run bench:logs -- ingest`: from the sockets of rsyslogd into the files.
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createRun } from '../../../servers/contract/run.ts'
import { createFramer } from '../../../servers/contract/syslog.ts'
import { createRsyslogd } from '../../../servers/log/rsyslogd.fixture.ts'
import { cpuMicroseconds } from '../cpu-time.ts'
import type { Section } from '../row.ts'
import type { Pace } from './main.ts'
import { UNLIMITED } from './rsyslog-values.ts'

const PER_SECOND = 100_000
const DEVELOPERS = ['dev1', 'dev2', 'dev3', 'dev4'] as const
const PIECE_BYTES = 64 * 1024
/** Nothing has come for so long: nothing more will. */
const STILL_MS = 3_000
const LOOK_EVERY_MS = 20
const CHUNK = Buffer.alloc(1024 * 1024)

export async function benchIngest(pace: Pace, report: (section: Section) => void): Promise<void> {
  const each = pace.quick ? 50_000 : 250_000
  const rsyslogd = createRsyslogd(['master', ...DEVELOPERS], UNLIMITED)
  const [rates, cpu, lost]: number[][] = [[], [], []]
  try {
    await rsyslogd.start()
    const pid = Number(readFileSync(join(rsyslogd.root, 'run/rsyslogd.pid'), 'latin1'))
    const counters = DEVELOPERS.map(
      (developer) => new LineCounter(join(rsyslogd.root, 'socketserver', developer, 'logs')),
    )
    for (let round = 0; round < pace.rounds; round++) {
      const feeds = DEVELOPERS.map((developer) => ({ path: rsyslogd.socket(developer), pieces: makePieces(each) }))
      const before = counters.map((counter) => counter.count())
      const [cpuBefore, begin] = [cpuMicroseconds(pid), performance.now()]
      await Promise.all(feeds.map(({ path, pieces }) => feed(path, pieces)))
      const arrived = () => counters.reduce((sum, counter, index) => sum + counter.count() - before[index]!, 0)
      const { count, endMs } = await untilStill(arrived, each * DEVELOPERS.length)
      rates!.push(count / ((endMs - begin) / 1000))
      cpu!.push((cpuMicroseconds(pid) - cpuBefore) / count)
      lost!.push(each * DEVELOPERS.length - count)
    }
  } finally {
    await rsyslogd.remove()
  }
  report({
    title: `rsyslogd, ${DEVELOPERS.length} developers at once, ${each} records each`,
    rows: [
      { title: 'into the files', unit: '/s', values: rates!, atLeast: PER_SECOND, judged: 'best' },
      { title: 'its CPU for each', unit: 'µs', values: cpu! },
      { title: 'lost', unit: '', values: lost!, atMost: 0 },
    ],
  })
}

function makePieces(count: number): Buffer[] {
  const framer = createFramer('socketserver', createRun(Date.now(), Math.random))
  const pieces: Buffer[] = []
  let text = ''
  for (let i = 0; i < count; i++) {
    text += framer.frame({
      ...{ time: '2026-11-20T12:00:00.123Z', severity: 'info', message: `player ${i} joined room ${i % 100}`, pid: 1 },
      ...{ release: '4f2a91c8e012', request: '8f3c2a91d5e64b7f8f3c2a91d5e64b7f' },
      fields: { room: i % 100, ms: i % 37, family: 'north' },
    })
    if (text.length < PIECE_BYTES && i < count - 1) continue
    pieces.push(Buffer.from(text))
    text = ''
  }
  return pieces
}

function feed(path: string, pieces: readonly Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    let next = 0
    const write = () => {
      while (next < pieces.length) if (!socket.write(pieces[next++]!)) return
      socket.end(resolve)
    }
    socket.on('connect', write).on('drain', write).on('error', reject).resume()
  })
}

/** What there is when all has come, or when nothing more comes. */
async function untilStill(arrived: () => number, all: number): Promise<{ count: number; endMs: number }> {
  let count = arrived()
  let endMs = performance.now()
  while (count < all && performance.now() - endMs < STILL_MS) {
    await pause(LOOK_EVERY_MS)
    const now = arrived()
    if (now > count) endMs = performance.now()
    count = now
  }
  return { count, endMs }
}

/** Lines of the files of a folder; each byte is read once. */
class LineCounter {
  readonly #read = new Map<string, number>()
  readonly #folder: string
  #lines = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  count(): number {
    for (const name of existsSync(this.#folder) ? readdirSync(this.#folder) : []) {
      const file = openSync(join(this.#folder, name), 'r')
      let offset = this.#read.get(name) ?? 0
      for (let size = 1; size > 0; offset += size) {
        size = readSync(file, CHUNK, 0, CHUNK.length, offset)
        for (let at = CHUNK.indexOf(10); at !== -1 && at < size; at = CHUNK.indexOf(10, at + 1)) this.#lines++
      }
      closeSync(file)
      this.#read.set(name, offset)
    }
    return this.#lines
  }
}
