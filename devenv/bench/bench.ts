// `npm run bench`: what the runtime costs, against what people use instead, and whether its bars hold.
import { type JobResult, renderBar, renderJob } from './figures.ts'
import type { Bench } from './jobs/job.ts'
import { type LoadProcess, startLoad } from './load/start-load.ts'
import { FULL, type Pace, QUICK } from './rounds.ts'
import { runBench } from './run-bench.ts'

const BENCHES: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  http: async (bench) => (await import('./jobs/http.ts')).benchHttp(bench),
  ws: async (bench) => (await import('./jobs/websocket.ts')).benchWebSocket(bench),
  start: async (bench) => (await import('./jobs/start.ts')).benchStart(bench),
  memory: async (bench) => (await import('./jobs/memory.ts')).benchMemory(bench),
  reload: async (bench) => (await import('./jobs/reload.ts')).benchReload(bench),
  limits: async (bench) => (await import('./jobs/limits.ts')).benchLimits(bench),
}

const USAGE = `Usage: npm run bench -- [NAME...] [--quick] [--json FILE]

Measures what the runtime costs against what people use instead: server CPU per operation, memory, time.
Exits with 1 when a bar is missed. Compare the ratios of one run, never the figures of two.

  http     a fixed page, code_cache stat, a key of Redis, a row of MySQL
  ws       WebSocket echoes, bursts, publish
  start    from the start of the process to the first answer
  memory   an idle WebSocket, one more server
  reload   from an edit to the first answer of the new code
  limits   from a loop without an end to its record, and to the answer of others

  --quick      fewer and shorter rounds: under a minute for all
  --json FILE  writes the figures, with the machine and the date
  --help       prints this

nginx with its Lua module and its libraries (websocket, redis, mysql) is measured where it is installed.
`

let load: LoadProcess | undefined
try {
  await runBench<Pace, JobResult>({
    usage: USAGE,
    jobs: Object.fromEntries(
      Object.entries(BENCHES).map(([name, bench]) => [
        name,
        (pace, report) => {
          load ??= startLoad()
          return bench({ pace, load, report })
        },
      ]),
    ),
    paces: { full: FULL, quick: QUICK },
    render: renderJob,
    barsOf: ({ title, bars }) =>
      bars.map((bar) => ({ verdict: bar.verdict, text: renderBar({ ...bar, text: `${title}: ${bar.text}` }) })),
  })
} finally {
  load?.stop()
}
