// npm run fuzz -- [--seconds N] [--seed N] [--target conf|http|websocket]: looks for inputs that the runtime cannot stand.
// Each one found is saved in servers/fuzz/seeds, and tried again by every `npm test` from then on.
import { parseArgs } from 'node:util'
import { checkConf } from './check-conf.ts'
import { confInput } from './conf-inputs.ts'
import { type Fuzzed, fuzzWire } from './fuzz-wire.ts'
import { Random } from './random.ts'
import { saveSeed, TARGETS, type Target } from './seeds.ts'

const USAGE = 'npm run fuzz -- [--seconds N] [--seed N] [--target conf|http|websocket]\n'
const FOUND_MAX = 10

interface Run {
  readonly target: Target
  readonly engine?: 'uws' | 'node'
}

const RUNS: readonly Run[] = [
  { target: 'conf' },
  { target: 'http', engine: 'uws' },
  { target: 'http', engine: 'node' },
  { target: 'websocket', engine: 'uws' },
  { target: 'websocket', engine: 'node' },
]

async function main(): Promise<number> {
  const options = { seconds: { type: 'string' }, seed: { type: 'string' }, target: { type: 'string' } } as const
  const { values } = parseArgs({ options })
  const seconds = Number(values.seconds ?? 600)
  const seed = Number(values.seed ?? Date.now() % 1e9)
  const runs = RUNS.filter(({ target }) => values.target === undefined || target === values.target)
  if (!(seconds > 0) || !Number.isSafeInteger(seed) || runs.length === 0) {
    process.stderr.write(`usage: ${USAGE}targets: ${TARGETS.join(', ')}\n`)
    return 2
  }
  process.stdout.write(`seed ${seed}, ${seconds} s\n`)
  let isClean = true
  for (const run of runs) isClean = (await fuzz(run, { seed, seconds: seconds / runs.length })) && isClean
  return isClean ? 0 : 1
}

async function fuzz({ target, engine }: Run, how: { seed: number; seconds: number }): Promise<boolean> {
  const { inputs, found, memory } =
    target === 'conf' ? fuzzConf(how) : await fuzzWire(target, engine === 'node' ? 'node' : 'uws', how)
  const name = engine === undefined ? target : `${target} on ${engine}`
  process.stdout.write(`${name}: ${inputs} inputs, ${found.length} found${memory === undefined ? '' : `; ${memory}`}\n`)
  for (const { round, what, input } of found) {
    const file = input && saveSeed({ target, seed: how.seed, round, found: what.split('\n', 1)[0]!, input })
    process.stdout.write(`  ${file ?? 'all together'}: ${what}\n`)
  }
  return found.length === 0
}

function fuzzConf({ seed, seconds }: { seed: number; seconds: number }): Fuzzed {
  const found = []
  const end = performance.now() + seconds * 1000
  let round = 0
  for (; performance.now() < end && found.length < FOUND_MAX; round++) {
    const input = confInput(new Random(seed + round))
    const what = checkConf(input)
    if (what !== undefined) found.push({ round, what, input })
  }
  return { inputs: round, found }
}

process.exitCode = await main()
