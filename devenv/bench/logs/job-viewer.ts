// The memory of the log page's process, as a yard starts it: with nothing to do, while closed days become Parquet and are asked for, when DuckDB
// has been let go, and while many people follow many records.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createLogins } from '../../../logs-viewer/access/logins.fixture.ts'
import { pssBytes } from '../memory.ts'
import type { Row, Section } from '../row.ts'
import { dayText, type Generated, generateLogs, SERVERS } from './generate.ts'
import type { Pace } from './main.ts'
import { ABSENT, COMMON, createRecordMaker, RARE } from './make-records.ts'

const MAIN = fileURLToPath(new URL('../../../logs-viewer/server/main.js', import.meta.url))
const MIB = 1024 * 1024
/** Files of three busy developers: what matters is that a day is large, not that there are many. */
const DEVELOPERS = 3
const DAYS = 3
/** So soon after midnight the day before is not over yet. */
const LATE_MS = 2 * 60 * 60 * 1000
/** The store's own bench asks of all of them. */
const SHARE = 5
const POLL_MS = 100
const SEALED_DEADLINE_MS = 600_000
/** It lets DuckDB go after 30 s without a question; V8 gives its heap back a little later. */
const IDLE_MS = 40_000
const SETTLED_MS = 5_000
const TAILS = 20
const TAILED_PER_S = 5_000
const WRITE_EVERY_MS = 20
const TAILED_MS = { full: 30_000, quick: 10_000 }

export async function benchViewer(pace: Pace, report: (section: Section) => void): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'edgeyard-bench-viewer-'))
  try {
    const lastDay = dayText(Date.now() - LATE_MS)
    const records = Math.round(pace.records / SHARE)
    const made = generateLogs(root, { records, developers: DEVELOPERS, days: DAYS, lastDay, seed: 5 })
    const logins = createLogins(root)
    const tokens = Array.from({ length: TAILS }, (_, n) => logins.issue(`dev${n + 1}`))
    const rows: Row[] = []
    const title = `the memory of its process, ${made.records} records in ${made.files} files`
    await withViewer(root, async (viewer) => {
      const peak = watchMemory(viewer.pid)
      await untilSealed(join(root, 'viewer/days'), made)
      rows.push({ title: 'while closed days become Parquet, most', ...memory(peak.stop()), atMost: 500 })
      await sleep(IDLE_MS)
      rows.push({ title: 'and when DuckDB has been let go', ...memory(pssBytes(viewer.pid)), atMost: 250 })
    })
    for (const day of made.days.slice(0, -1)) removeDay(root, made, day)
    await withViewer(root, async (viewer) => {
      await sleep(SETTLED_MS)
      rows.push({ title: 'started, nobody asks', ...memory(pssBytes(viewer.pid)), atMost: 120 })
      const peak = watchMemory(viewer.pid)
      for (let round = 0; round < pace.rounds; round++) await askAll(viewer.port, tokens[0]!, made.days)
      rows.push({
        title: 'while it is asked, also for what is Parquet alone, most',
        ...memory(peak.stop()),
        atMost: 500,
      })
      await sleep(IDLE_MS)
      rows.push({ title: 'and when DuckDB has been let go', ...memory(pssBytes(viewer.pid)), atMost: 250 })
    })
    await withViewer(root, async (viewer) => {
      await sleep(SETTLED_MS)
      const peak = watchMemory(viewer.pid)
      const forMs = pace.quick ? TAILED_MS.quick : TAILED_MS.full
      const each = await follow(root, viewer.port, tokens, forMs)
      const note = `${Math.round(each)} records a second reached each`
      const asked = `${TAILS} tails of ${TAILED_PER_S} records a second, most`
      rows.push({ title: asked, ...memory(peak.stop()), atMost: 250, note })
    })
    report({ title, rows })
  } finally {
    rmSync(root, { recursive: true })
  }
}

const memory = (bytes: number) => ({ unit: 'MiB', values: [bytes / MIB] }) as const

async function withViewer(root: string, work: (viewer: { pid: number; port: number }) => Promise<void>): Promise<void> {
  const args = [MAIN, '--root', root, '--port', '0', '--visibility', 'all']
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] })
  try {
    for await (const line of createInterface({ input: child.stdio[3] as NodeJS.ReadableStream })) {
      const { type, port } = JSON.parse(line) as { type: string; port: number }
      if (type !== 'listening') continue
      return await work({ pid: child.pid!, port })
    }
    throw new Error('The viewer has ended')
  } finally {
    child.kill()
    if (child.exitCode === null) await once(child, 'exit')
  }
}

function watchMemory(pid: number): { stop(): number } {
  let most = 0
  const look = () => {
    most = Math.max(most, pssBytes(pid))
  }
  const timer = setInterval(look, POLL_MS)
  return {
    stop() {
      clearInterval(timer)
      look()
      return most
    },
  }
}

async function untilSealed(archive: string, { files, days }: Generated): Promise<void> {
  const wanted = (files / days.length) * (days.length - 1)
  const seals = () =>
    readdirSync(archive, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
  const deadline = performance.now() + SEALED_DEADLINE_MS
  for (let found = 0; found < wanted; ) {
    if (performance.now() > deadline) throw new Error(`${found} of ${wanted} closed days have become Parquet`)
    await sleep(POLL_MS)
    try {
      found = seals().length
    } catch {
      // The folder comes with the first one.
    }
  }
}

function removeDay(root: string, { developers }: Generated, day: string): void {
  for (const server of SERVERS) for (const name of developers) rmSync(join(root, server, name, 'logs', `${day}.jsonl`))
}

async function askAll(port: number, token: string, days: readonly string[]): Promise<void> {
  const of = days.map((day) => `from=${day}T00:00:00.000Z&to=${day}T23:59:59.999Z`)
  const paths = [
    ...['', '&developer=dev1&server=socketserver', '&severity=error', `&q=${COMMON}`, `&q=${RARE}`].flatMap((query) =>
      of.map((time) => `/api/records?${time}${query}&limit=1000`),
    ),
    ...[RARE, ABSENT, '/slow query: 31\\d\\d ms/', 'room.id:499'].map((q) => `/api/search?q=${encodeURIComponent(q)}`),
    ...['/api/histogram?', '/api/errors?', '/api/health', `/api/export?format=csv&${of[0]}`],
  ]
  for (const path of paths) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}` } })
    for await (const _piece of answer.body!);
    if (answer.status !== 200) throw new Error(`${path} is answered with ${answer.status}`)
  }
}

/** Answers with how many records a second have reached each of them. */
async function follow(root: string, port: number, tokens: readonly string[], forMs: number): Promise<number> {
  const tails = await Promise.all(tokens.map((token) => openTail(port, token)))
  const writer = { pid: 1, release: '0', seq: 0 }
  const maker = createRecordMaker(7)
  const path = join(root, 'socketserver/dev1/logs', `${dayText(Date.now())}.jsonl`)
  const begin = performance.now()
  for (let written = 0; performance.now() - begin < forMs; ) {
    const due = Math.floor(((performance.now() - begin) / 1000) * TAILED_PER_S)
    let text = ''
    for (; written < due; written++) text += maker.line(writer, Date.now())
    appendFileSync(path, text)
    await sleep(WRITE_EVERY_MS)
  }
  const seconds = (performance.now() - begin) / 1000
  for (const { socket } of tails) socket.destroy()
  return tails.reduce((sum, { count }) => sum + count, 0) / tails.length / seconds
}

async function openTail(port: number, token: string): Promise<{ readonly socket: Socket; count: number }> {
  const socket = connect(port, '127.0.0.1')
  const tail = { socket, count: 0 }
  socket.write(`GET /api/tail HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n\r\n`)
  const [head] = (await once(socket, 'data')) as [Buffer]
  if (!head.toString('latin1').startsWith('HTTP/1.1 200')) throw new Error(head.toString('latin1'))
  socket.on('data', (bytes: Buffer) => {
    for (let place = bytes.indexOf('"message":'); place !== -1; place = bytes.indexOf('"message":', place + 1))
      tail.count++
  })
  return tail
}
