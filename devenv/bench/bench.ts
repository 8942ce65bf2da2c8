// `npm run bench`: what the runtime costs, against what people use instead, and whether its bars hold.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type JobResult, renderBar, renderJob } from './figures.ts'
import type { Bench } from './jobs/job.ts'
import { startLoad } from './load/start-load.ts'
import { describeMachine } from './machine.ts'
import { FULL, QUICK } from './rounds.ts'

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

Without a name: all but push. nginx with its Lua module and its libraries (websocket, redis, mysql) is measured where it is installed.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean' }, json: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
})
const unknown = positionals.filter((name) => !(name in BENCHES))
if (unknown.length > 0) {
  process.stderr.write(`Cannot measure ${unknown.join(', ')}\n\n${USAGE}`)
  process.exitCode = 2
} else if (values.help) process.stdout.write(USAGE)
else await measure(positionals.length > 0 ? positionals : Object.keys(BENCHES))

async function measure(names: readonly string[]): Promise<void> {
  const pace = values.quick ? QUICK : FULL
  const results: JobResult[] = []
  const load = startLoad()
  const report = (result: JobResult): void => {
    results.push(result)
    console.log(`${renderJob(result)}\n`)
  }
  try {
    for (const name of names) await BENCHES[name]!({ pace, load, report })
  } finally {
    load.stop()
  }
  if (values.json !== undefined) {
    const date = new Date().toISOString()
    const text = JSON.stringify({ date, machine: describeMachine(), pace, jobs: results }, roundedNumbers, 2)
    writeFileSync(values.json, `${text}\n`)
  }
  const bars = results.flatMap(({ title, bars }) => bars.map((bar) => ({ ...bar, text: `${title}: ${bar.text}` })))
  const missed = bars.filter(({ verdict }) => verdict === 'missed')
  console.log(`${bars.filter(({ verdict }) => verdict === 'held').length} of ${bars.length} bars hold`)
  for (const bar of bars) if (bar.verdict !== 'held') console.log(renderBar(bar))
  if (missed.length > 0) process.exitCode = 1
}

function roundedNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}
