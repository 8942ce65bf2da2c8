// What a request and a message cost an edge-server, against node:http and ws doing the same.
// Rounds alternate between the servers, so that whatever else the machine does meets both; compare the ratios of one run,
// never the figures of two.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startEdgeServer } from '../../servers/testing/edge-server.ts'
import { createSandboxFolder } from '../../servers/testing/sandbox-folder.ts'
import { cpuTimeMs } from './cpu-time.ts'
import { JOBS, type JobName, type Load, type Loaded, SCRIPT } from './jobs.ts'
import { median } from './median.ts'

/** Odd, so that the median is one of them. */
const ROUNDS = 5

interface Contender {
  readonly title: string
  readonly pid: number
  readonly port: number
}

interface Round {
  readonly cpuMicroseconds: number
  readonly perSecond: number
}

const folder = await createSandboxFolder({ script: SCRIPT })
const children: ChildProcess[] = []
const edge = await startEdgeServer(folder.prefix)
try {
  const load = startChild('load.js')
  const contenders = [{ title: 'edge-server', pid: edge.pid, port: edge.port }, await startPlainServer()]
  for (const job of Object.keys(JOBS) as JobName[]) {
    // The first round is V8's: it is not counted.
    for (const contender of contenders) await runRound(load, job, contender)
    const rounds: Round[][] = contenders.map(() => [])
    for (let n = 0; n < ROUNDS; n++) {
      for (const [index, contender] of contenders.entries()) rounds[index]!.push(await runRound(load, job, contender))
    }
    console.log(renderJob(job, contenders, rounds))
  }
} finally {
  for (const child of children) child.kill()
  await edge.kill()
  await folder.remove()
}

async function startPlainServer(): Promise<Contender> {
  const child = startChild('plain-server.js')
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { title: 'node:http + ws', pid: child.pid!, port }
}

async function runRound(load: ChildProcess, job: JobName, { pid, port }: Contender): Promise<Round> {
  const { operations } = JOBS[job]
  const before = cpuTimeMs(pid)
  load.send({ job, port, operations } satisfies Load)
  // What was not told is let go of: a bench asks the same process many times.
  const told = new AbortController()
  const { signal } = told
  const [answer] = await Promise.race([once(load, 'message', { signal }), once(load, 'exit', { signal })])
  told.abort()
  if (typeof answer !== 'object' || answer === null) throw new Error(`The load has ended with ${answer}`)
  const { ms } = answer as Loaded
  return {
    cpuMicroseconds: ((cpuTimeMs(pid) - before) * 1000) / operations,
    perSecond: (operations * 1000) / ms,
  }
}

function renderJob(job: JobName, contenders: readonly Contender[], rounds: readonly Round[][]): string {
  const cpu = rounds.map((of) => median(of.map(({ cpuMicroseconds }) => cpuMicroseconds)))
  const lines = contenders.map(({ title }, index) => {
    const all = rounds[index]!.map(({ cpuMicroseconds }) => cpuMicroseconds)
    const spread = `${Math.min(...all).toFixed(1)}–${Math.max(...all).toFixed(1)}`
    const perSecond = median(rounds[index]!.map((round) => round.perSecond))
    return `  ${title.padEnd(15)} ${cpu[index]!.toFixed(1).padStart(6)} µs CPU (${spread}), ${Math.round(perSecond)} per second`
  })
  const ratio = (cpu[1]! / cpu[0]!).toFixed(2)
  return `${JOBS[job].title}, median of ${ROUNDS} rounds\n${lines.join('\n')}\n  ratio: node needs ${ratio} times the CPU of edge-server`
}

function startChild(file: string): ChildProcess {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { execArgv: [] })
  children.push(child)
  return child
}
