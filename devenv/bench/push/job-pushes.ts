// `npm run bench:push -- pushes`: the ways into a yard, side by side with what people do without one. Rounds alternate, so
// that whatever else the machine does meets all.
import { setTimeout as rest } from 'node:timers/promises'
import { run } from '../../e2e/yard.ts'
import { median } from '../figures.ts'
import type { Row, Section } from '../row.ts'
import { readStep } from './hook-times.ts'
import type { Pace } from './main.ts'
import { createPushYard, MANY_FILES, type PushYard, WAYS, type Way } from './push-yard.ts'
import { outageOf, type Pushed, pushAll, REST_MS } from './pushes.ts'
import { benchRollbacks } from './rollbacks.ts'

/** Beyond what ssh itself costs in the same run. */
const BEYOND_SSH_MS = 150
const BARS: Readonly<Partial<Record<Way, number>>> = { 'fresh ssh': 350, 'kept-open ssh': 180 }
const TWENTY_AT_ONCE_MS = 3000
const SHORT_REST_MS = 500
/** For each developer that has one. */
const REST_MORE_MS = 200
/** Who does push again at once finds no spare process. */
const AT_ONCE: readonly Way[] = ['fresh ssh', 'kept-open ssh']

export async function benchPushes(pace: Pace, report: (section: Section) => void): Promise<void> {
  console.log('Starting a yard of 20 developers\n')
  const yard = await createPushYard(20)
  try {
    for (const files of [1, MANY_FILES]) for (const section of await benchOne(yard, pace, files)) report(section)
    report(await benchRollbacks(yard, pace))
    if (pace.quick) return report(await benchMany(yard, pace, { developers: 20, files: 1, ways: ['fresh ssh'] }))
    for (const developers of [10, 20]) {
      for (const files of [1, MANY_FILES]) report(await benchMany(yard, pace, { developers, files, ways: WAYS }))
    }
  } finally {
    await yard.closeKept()
    await yard.stop()
  }
}

async function benchOne(yard: PushYard, { pushes }: Pace, files: number): Promise<Section[]> {
  const results = new Map<Way, Pushed[]>(WAYS.map((way) => [way, []]))
  const atOnce = new Map<Way, Pushed[]>(AT_ONCE.map((way) => [way, []]))
  const ssh: number[] = []
  const node: number[] = []
  // The first push of each is not counted. What a push leaves to be done meets whoever comes next, so each is first in its turn.
  const small = files === 1
  const rounds = small ? pushes : Math.ceil(pushes / 3)
  for (let n = 0; n <= rounds; n++) {
    const turn = n % WAYS.length
    for (const way of [...WAYS.slice(turn), ...WAYS.slice(0, turn)]) {
      const [first] = await yard.pushers(way, files, 1)
      await rest(way.startsWith('classic') ? SHORT_REST_MS : REST_MS)
      const [pushed] = await pushAll([first!])
      if (n > 0) results.get(way)!.push(pushed!)
      if (n > 0) atOnce.get(way)?.push(...(await pushAll([first!])))
    }
    await rest(SHORT_REST_MS)
    const took = await timeSsh(yard)
    if (n === 0) continue
    ssh.push(took)
    node.push(await timeNode())
  }
  const rowOf = (title: string, pushed: readonly Pushed[], atMost: number | undefined): Row => {
    const values = pushed.map(({ answeredAfterMs }) => answeredAfterMs)
    const ends = median(pushed.map(({ pushMs }) => pushMs)).toFixed(0)
    const note = `git ends after ${ends} ms; ${outageOf(pushed)}`
    return { title, unit: 'ms', values, note, ...(atMost === undefined ? {} : { atMost }) }
  }
  const rows = WAYS.map((way) => rowOf(way, results.get(way)!, small ? BARS[way] : undefined))
  const fresh = results.get('fresh ssh')!.map(({ answeredAfterMs }, n) => answeredAfterMs - ssh[n]!)
  const beyond = { title: 'fresh ssh, beyond ssh HOST true', unit: 'ms', values: fresh } as const
  rows.splice(1, 0, { ...beyond, ...(small ? { atMost: BEYOND_SSH_MS } : {}) })
  rows.push(...[...atOnce].map(([way, pushed]) => rowOf(`${way}, right after another push`, pushed, undefined)))
  rows.unshift(
    {
      title: 'node -e 0',
      unit: 'ms',
      values: node,
      note: 'what this machine needs for a process of Node that does nothing',
    },
    { title: 'ssh HOST true', unit: 'ms', values: ssh },
  )
  return [
    { title: `A push of ${filesText(files)} → the new release answers`, rows },
    { title: `Where the time of a push of ${filesText(files)} goes`, rows: breakDown(results) },
  ]
}

/** Of the pushes over the local path; what ssh adds is the difference of each pair. */
function breakDown(results: ReadonlyMap<Way, readonly Pushed[]>): Row[] {
  const local = results.get('local path')!
  const of = (title: string, read: (pushed: Pushed, n: number) => number): Row => {
    return { title, unit: 'ms', values: local.map(read) }
  }
  const hook = ({ hooks }: Pushed, name: string) => hooks[name] ?? Number.NaN
  const steps = ['export', 'build', 'boot']
  const inSteps = ({ output }: Pushed) => steps.reduce((sum, step) => sum + readStep(output, step), 0)
  return [
    of('ssh: connecting, key exchange, login', ({ pushMs }, n) => results.get('fresh ssh')![n]!.pushMs - pushMs),
    of('the same on a kept connection', ({ pushMs }, n) => results.get('kept-open ssh')![n]!.pushMs - pushMs),
    of('git itself: its processes, the pack', (p) => p.pushMs - hook(p, 'pre-receive') - hook(p, 'post-receive')),
    of('pre-receive: relay, turn, facts, confs', (p) => hook(p, 'pre-receive') - inSteps(p)),
    ...steps.map((step) => of(`pre-receive: ${step}`, ({ output }) => readStep(output, step))),
    of('post-receive: relay, switch', (p) => hook(p, 'post-receive')),
  ]
}

interface Many {
  readonly developers: number
  readonly files: number
  readonly ways: readonly Way[]
}

async function benchMany(yard: PushYard, { rounds }: Pace, { developers, files, ways }: Many): Promise<Section> {
  const rows: Row[] = []
  for (const way of ways) {
    const pushers = await yard.pushers(way, files, developers)
    await pushAll(pushers)
    const results: Pushed[][] = []
    for (let n = 0; n < rounds; n++) {
      await rest(REST_MS + developers * REST_MORE_MS)
      results.push(await pushAll(pushers))
    }
    const values = results.map((pushed) => Math.max(...pushed.map(({ answeredAfterMs }) => answeredAfterMs)))
    const each = median(results.flat().map(({ answeredAfterMs }) => answeredAfterMs)).toFixed(0)
    const note = `median of each ${each} ms; ${outageOf(results.flat())}`
    const isJudged = developers === 20 && files === 1 && way === 'fresh ssh'
    rows.push({ title: way, unit: 'ms', values, note, ...(isJudged ? { atMost: TWENTY_AT_ONCE_MS } : {}) })
  }
  return { title: `${developers} developers push ${filesText(files)} at once → all are live`, rows }
}

async function timeNode(): Promise<number> {
  const begun = performance.now()
  await run(process.execPath, ['-e', '0'])
  return performance.now() - begun
}

/** Connecting, the key exchange and the login: our server has no program `true`, and says so. */
async function timeSsh(yard: PushYard): Promise<number> {
  const begun = performance.now()
  const { exitCode, output } = await yard.ssh('true')
  if (exitCode === 255) throw new Error(output)
  return performance.now() - begun
}

function filesText(files: number): string {
  return files === 1 ? '1 file' : `${files} files`
}
