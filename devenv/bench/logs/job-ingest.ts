// `npm run bench:logs -- ingest`: from the sockets of rsyslogd into the files, and from there to searchable.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createRun } from '../../../servers/contract/run.ts'
import { createFramer } from '../../../servers/contract/syslog.ts'
import { createRsyslogd } from '../../../servers/log/rsyslogd.fixture.ts'
import { cpuMicroseconds } from '../cpu-time.ts'
import type { Section } from '../row.ts'
import type { Pace } from './main.ts'
import { UNLIMITED } from './rsyslog-values.ts'

const PER_SECOND = 100_000
/** What leaves the rest of two processors to who writes and to rsyslogd, at PER_SECOND. */
const STORE_CPU_US = 8
const DEVELOPERS = ['dev1', 'dev2', 'dev3', 'dev4'] as const
const PIECE_BYTES = 64 * 1024
/** Nothing has come for so long: nothing more will. */
const STILL_MS = 3_000
const LOOK_EVERY_MS = 20
const CHUNK = Buffer.alloc(1024 * 1024)

export async function benchIngest(pace: Pace, report: (section: Section) => void): Promise<void> {
  const each = pace.quick ? 50_000 : 250_000
  const rsyslogd = createRsyslogd(['master', ...DEVELOPERS], { values: UNLIMITED })
  const all = each * DEVELOPERS.length
  const [written, found, collectorCpu, storeCpu, feedCpu, lost]: number[][] = [[], [], [], [], [], []]
  let viewer: Viewer | undefined
  try {
    await rsyslogd.start()
    viewer = await startViewer(rsyslogd.root)
    const [collector, store] = [rsyslogd.pid(), viewer.process.pid!]
    const counters = DEVELOPERS.map(
      (developer) => new LineCounter(join(rsyslogd.root, 'socketserver', developer, 'logs')),
    )
    for (let round = 0; round < pace.rounds; round++) {
      const feeds = DEVELOPERS.map((developer) => ({ path: rsyslogd.socket(developer), pieces: makePieces(each) }))
      const before = counters.map((counter) => counter.count())
      const foundBefore = viewer.found
      const cpuBefore = [collector, store, process.pid].map(cpuMicroseconds)
      const begin = performance.now()
      const fed = Promise.all(feeds.map(({ path, pieces }) => feed(path, pieces)))
      const arrived = () => counters.reduce((sum, counter, index) => sum + counter.count() - before[index]!, 0)
      const searchable = () => viewer!.found - foundBefore
      const [files, search] = await Promise.all([untilStill(arrived, all), untilStill(searchable, all), fed])
      const spent = [collector, store, process.pid].map((pid, place) => cpuMicroseconds(pid) - cpuBefore[place]!)
      written!.push(files.count / ((files.endMs - begin) / 1000))
      found!.push(search.count / ((search.endMs - begin) / 1000))
      for (const [place, values] of [collectorCpu!, storeCpu!, feedCpu!].entries()) values.push(spent[place]! / all)
      lost!.push(all - search.count)
    }
  } finally {
    viewer?.process.kill()
    await rsyslogd.remove()
  }
  report({
    title: `rsyslogd, ${DEVELOPERS.length} developers at once, ${each} records each`,
    rows: [
      { title: 'into the files', unit: '/s', values: written!, judged: 'best', atLeast: PER_SECOND },
      { title: 'searchable', unit: '/s', values: found!, judged: 'best', atLeast: PER_SECOND },
      { title: 'CPU of rsyslogd for each', unit: 'µs', values: collectorCpu! },
      { title: 'CPU of the store for each', unit: 'µs', values: storeCpu!, judged: 'best', atMost: STORE_CPU_US },
      { title: 'CPU of the bench for each', unit: 'µs', values: feedCpu!, note: 'sends them and counts lines' },
      { title: 'lost', unit: '', values: lost!, atMost: 0 },
    ],
  })
}

interface Viewer {
  readonly process: ChildProcess
  /** How many records can be searched. */
  readonly found: number
}

async function startViewer(root: string): Promise<Viewer> {
  const child = fork(fileURLToPath(new URL('searchable.js', import.meta.url)), [root, join(root, 'index')])
  let found = 0
  child.on('message', (count: number) => {
    found = count
  })
  await once(child, 'message')
  return {
    process: child,
    get found() {
      return found
    },
  }
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
