// What every bench does with its command line: which jobs, how much, figures on the terminal and in a file, bars as the exit code.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { describeMachine } from './machine.ts'

type Jobs<Pace, Result> = Readonly<Record<string, (pace: Pace, report: (result: Result) => void) => Promise<void>>>

export interface BenchPlan<Pace, Result> {
  readonly usage: string
  /** All of them, when none is named. */
  readonly jobs: Jobs<Pace, Result>
  /** Those that take so long that they have to be named. */
  readonly longJobs?: Jobs<Pace, Result>
  readonly paces: { readonly full: Pace; readonly quick: Pace }
  render(result: Result): string
  /** What could not be measured here is neither held nor missed. `text` is the line that tells of a bar that does not hold. */
  barsOf(result: Result): readonly { readonly verdict: 'held' | 'missed' | 'not measured'; readonly text: string }[]
}

/** Sets the exit code: 1 when a bar is missed, 2 when something is not understood. */
export async function runBench<Pace, Result>(plan: BenchPlan<Pace, Result>): Promise<void> {
  const { usage, jobs } = plan
  const known = { ...jobs, ...plan.longJobs }
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean' }, json: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) return void process.stdout.write(usage)
  const unknown = positionals.filter((name) => !Object.hasOwn(known, name))
  if (unknown.length > 0) {
    process.stderr.write(`Cannot measure ${unknown.join(', ')}\n\n${usage}`)
    process.exitCode = 2
    return
  }
  const pace = values.quick ? plan.paces.quick : plan.paces.full
  const results: Result[] = []
  const report = (result: Result) => {
    results.push(result)
    console.log(`${plan.render(result)}\n`)
  }
  for (const name of positionals.length > 0 ? positionals : Object.keys(jobs)) await known[name]!(pace, report)
  if (values.json !== undefined) {
    const date = new Date().toISOString()
    const text = JSON.stringify({ date, machine: describeMachine(), pace, results }, roundedNumbers, 2)
    writeFileSync(values.json, `${text}\n`)
  }
  const bars = results.flatMap((result) => plan.barsOf(result))
  console.log(`${bars.filter(({ verdict }) => verdict === 'held').length} of ${bars.length} bars hold`)
  for (const { verdict, text } of bars) if (verdict !== 'held') console.log(text)
  if (bars.some(({ verdict }) => verdict === 'missed')) process.exitCode = 1
}

function roundedNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}
