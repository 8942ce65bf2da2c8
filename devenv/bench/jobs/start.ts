// `npm run bench:start`: from the start of the process to the first answer, and to the first that used Redis and the log.

import type { ServingEdgeServer } from '../../../servers/testing/edge-server.ts'
import { startRedis } from '../../../servers/testing/redis-server.ts'
import type { SandboxFolder } from '../../../servers/testing/sandbox-folder.ts'
import { judge } from '../figures.ts'
import { startChild } from '../peers/child.ts'
import { createEdgeFolder, startIn } from '../peers/edge.ts'
import { startNginx } from '../peers/nginx.ts'
import { BARE, KEY, NGINX, OURS, type StorePlaces } from '../peers/peer.ts'
import { startSyslogSink } from '../peers/syslog-sink.ts'
import type { Bench } from './job.ts'
import { setKey } from './set-key.ts'

const PASSWORD = 'bench'
const USED = `${OURS}, Redis and log in use`

interface Started {
  readonly port: number
  stop(): Promise<void>
}

export async function benchStart({ pace, report }: Bench): Promise<void> {
  const store = await startRedis(PASSWORD)
  const syslog = await startSyslogSink()
  const redis: StorePlaces['redis'] = { port: store.port, password: PASSWORD }
  await setKey(redis, KEY)
  const [plain, used] = [await createEdgeFolder(), await createEdgeFolder({ redis, syslog: syslog.path })]
  const starts: [title: string, path: string, start: () => Promise<Started | undefined>][] = [
    [OURS, '/hello', () => startAsYard(plain)],
    [USED, '/used', () => startAsYard(used)],
    [BARE, '/hello', () => startChild(BARE)],
    ['node:http + ws', '/hello', () => startChild('node:http + ws')],
    [NGINX, '/hello', () => startNginx()],
  ]
  const measured = starts.map(([peer]) => ({ peer, values: [] as number[] }))
  try {
    // The first start of each reads files that are in memory from then on.
    for (let n = 0; n <= pace.times; n++) {
      for (const [index, [title, path, start]] of starts.entries()) {
        const begunAt = performance.now()
        const started = await start()
        if (started === undefined) continue
        await mustAnswer(title, started.port, path)
        if (n > 0) measured[index]!.values.push(performance.now() - begunAt)
        await started.stop()
      }
    }
    report(
      judge({
        title: 'start to the first answer',
        unit: 'ms',
        measured: measured.filter(({ values }) => values.length > 0),
        missing: measured.filter(({ values }) => values.length === 0).map(({ peer }) => peer),
        bars: [{ text: USED, of: USED, atMost: 110 }],
      }),
    )
  } finally {
    await Promise.all([store.stop(), syslog.stop(), plain.remove(), used.remove()])
  }
}

async function startAsYard(folder: SandboxFolder): Promise<Started> {
  const server: ServingEdgeServer = await startIn(folder, {})
  return { port: server.port, stop: () => server.kill() }
}

async function mustAnswer(title: string, port: number, path: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`)
  await answer.arrayBuffer()
  if (answer.status !== 200) throw new Error(`${title} answers with ${answer.status}`)
}
