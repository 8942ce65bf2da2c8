// `npm run bench:memory`: what an idle WebSocket adds to its server, and what one more server adds to the machine.
import type { ServingEdgeServer } from '../../../servers/testing/edge-server.ts'
import { startRedis } from '../../../servers/testing/redis-server.ts'
import type { SandboxFolder } from '../../../servers/testing/sandbox-folder.ts'
import { judge, type Measured } from '../figures.ts'
import { pssBytes } from '../memory.ts'
import { type ChildTitle, startChild } from '../peers/child.ts'
import { createEdgeFolder, startEdge, startIn } from '../peers/edge.ts'
import { startNginx } from '../peers/nginx.ts'
import { BARE, KEY, NGINX, OURS, type Peer } from '../peers/peer.ts'
import { startSyslogSink } from '../peers/syslog-sink.ts'
import { type Bench, NO_NGINX, withPeers } from './job.ts'
import { setKey } from './set-key.ts'

const WS: ChildTitle = 'node:http + ws'
const PASSWORD = 'bench'
/** Sockets that are there before it is counted: what a server makes for its first ones is not theirs. */
const FIRST_SOCKETS = 500
/** A second for what has just been closed or opened to settle. */
const SETTLE_MS = 300
/** A server is idle when its watchdog's thread has ended, 5 s after the last event, and it has given its memory back. */
const QUIET_MS = 8000

export async function benchMemory(bench: Bench): Promise<void> {
  await benchSockets(bench)
  await benchServers(bench)
}

async function benchSockets({ load, pace, report }: Bench): Promise<void> {
  const measured = new Map<string, number[]>()
  // Each round with new processes: memory that a server once had it keeps.
  for (let n = 0; n < pace.idleRounds; n++) {
    await withPeers([startEdge(), startChild(BARE), startNginx(), startChild(WS)], async (peers) => {
      for (const peer of peers) {
        const { title, port } = peer
        await load.open({ kind: 'idle', port, connections: FIRST_SOCKETS })
        const before = await settledBytes(peer)
        await load.open({ kind: 'idle', port, connections: pace.idleSockets })
        const each = (await settledBytes(peer)) - before
        await load.close()
        measured.set(title, [...(measured.get(title) ?? []), each / pace.idleSockets / 1024])
      }
    })
  }
  report(
    judge({
      title: `an idle WebSocket, of ${pace.idleSockets}`,
      unit: 'KB that the process grew by',
      measured: [...measured].map(([peer, values]) => ({ peer, values })),
      missing: measured.has(NGINX) ? [] : [NO_NGINX],
      bars: [{ text: OURS, of: OURS, atMost: 1.5 }],
    }),
  )
}

/** After V8 has thrown away what nobody needs; of ours when it is idle, as its sockets are. */
async function settledBytes({ title, pid, port }: Peer): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, title === OURS ? QUIET_MS : SETTLE_MS))
  if (title !== NGINX) for (let n = 0; n < 3; n++) await answerOf(port, '/gc')
  return pssBytes(pid)
}

async function benchServers({ pace, report }: Bench): Promise<void> {
  const store = await startRedis(PASSWORD)
  const syslog = await startSyslogSink()
  const redis = { port: store.port, password: PASSWORD }
  await setKey(redis, KEY)
  const folder = await createEdgeFolder({ redis, syslog: syslog.path })
  try {
    const idle: Measured = { peer: `${OURS}, idle`, values: [] }
    const used: Measured = { peer: `${OURS}, Redis and log in use`, values: [] }
    // Within 5 s of an event: with the thread that watches it.
    const idleWatched: Measured = { peer: `${OURS}, right after an event`, values: [] }
    const usedWatched: Measured = { peer: `${OURS}, right after Redis and log`, values: [] }
    for (let n = 0; n < Math.ceil(pace.times / 3); n++) {
      for (const [path, watched, quiet] of [
        ['/hello', idleWatched, idle],
        ['/used', usedWatched, used],
      ] as const) {
        const bytes = await marginalBytes(folder, path)
        ;(watched.values as number[]).push(bytes.watched / 2 ** 20)
        ;(quiet.values as number[]).push(bytes.quiet / 2 ** 20)
      }
    }
    report(
      judge({
        title: 'one more server',
        unit: 'MiB of the machine (PSS)',
        measured: [idle, used, idleWatched, usedWatched],
        bars: [
          { text: idle.peer, of: idle.peer, atMost: 15 },
          { text: used.peer, of: used.peer, atMost: 24 },
        ],
      }),
    )
  } finally {
    await Promise.all([store.stop(), syslog.stop(), folder.remove()])
  }
}

/** What the machine gets back when one of several servers with the same past ends: right after their event, and when they are idle. */
async function marginalBytes(folder: SandboxFolder, path: string): Promise<{ watched: number; quiet: number }> {
  const servers: ServingEdgeServer[] = []
  const freedByOne = async () => {
    const before = total(servers.map(({ pid }) => pid))
    await servers.pop()!.kill()
    return before - total(servers.map(({ pid }) => pid))
  }
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  try {
    for (let n = 0; n < 4; n++) servers.push(await startIn(folder, {}))
    for (const { port } of servers) await answerOf(port, path)
    await pause(SETTLE_MS)
    const watched = await freedByOne()
    await pause(QUIET_MS)
    return { watched, quiet: await freedByOne() }
  } finally {
    await Promise.all(servers.map((server) => server.kill()))
  }
}

function total(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + pssBytes(pid), 0)
}

async function answerOf(port: number, path: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`)
  await answer.arrayBuffer()
}
