// `npm run bench:push -- sleep`: from a connection to a sandbox that sleeps to its answer, and what those who sleep cost.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as rest } from 'node:timers/promises'
import { ask } from '../../e2e/load.ts'
import { Clone, run, until } from '../../e2e/yard.ts'
import { pssBytes } from '../memory.ts'
import type { Section } from '../row.ts'
import type { Pace } from './main.ts'
import { createPushYard, type PushYard } from './push-yard.ts'

const WAKE_MS = 250
const AT_ONCE = 20
const SLEEP_DEADLINE_MS = 60_000
const MEMORY = { few: { developers: 4, atMost: 70 }, many: { developers: 250, atMost: 120 } }
/** What the start has needed is given back when the daemon looks next whether all is as it should be. */
const SETTLED_MS = 40_000
/** Over a minute, because memory rises until it is collected. */
const SAMPLES = 12
const SAMPLE_EVERY_MS = 5_000
const SERVERS = ['socketserver', 'dtserver'] as const

export async function benchSleep(pace: Pace, report: (section: Section) => void): Promise<void> {
  const yard = await createPushYard(MEMORY.few.developers)
  try {
    const daemon = await daemonMiB(yard)
    report(await benchWake(yard, pace))
    const { developers, atMost } = MEMORY.few
    report({
      title: 'Memory of the daemon (PSS)',
      rows: [{ title: `${developers} developers`, unit: 'MiB', values: [daemon], atMost }],
    })
  } finally {
    await yard.stop()
  }
  if (!pace.quick) report(await benchMany())
}

async function benchWake({ yard }: PushYard, { pushes }: Pace): Promise<Section> {
  const serverctrl = await operatorsClone(yard)
  await editValues(serverctrl, 'socketserver', (text) => text.replace(/^(dev1:.*?)\{/m, '$1{ IDLE_STOP: 1s,'))
  const { url } = await yard.sandbox('socketserver', 'dev1')
  const health = new URL('/health', url.replace('ws:', 'http:')).href
  const [alone, many]: [number[], number[]] = [[], []]
  let failed = 0
  for (let n = 0; n < 2 * pushes; n++) {
    await until(
      'it sleeps',
      async () => (await yard.sandbox('socketserver', 'dev1')).state === 'sleeping',
      SLEEP_DEADLINE_MS,
    )
    const begun = performance.now()
    const answers = await Promise.all(Array.from({ length: n % 2 === 0 ? 1 : AT_ONCE }, () => ask(health)))
    ;(n % 2 === 0 ? alone : many).push(performance.now() - begun)
    failed += answers.filter((answer) => 'failure' in answer).length
  }
  return {
    title: 'A connection to a sandbox that sleeps → its answer',
    rows: [
      { title: 'one client', unit: 'ms', values: alone, atMost: WAKE_MS },
      { title: `the last of ${AT_ONCE} at once`, unit: 'ms', values: many, atMost: WAKE_MS },
      { title: 'refused, reset, cut or wrong', unit: '', values: [failed], atMost: 0 },
    ],
  }
}

/** All of them sleep from the beginning: a sandbox with IDLE_STOP that nobody has used yet is not started. */
async function benchMany(): Promise<Section> {
  const { developers, atMost } = MEMORY.many
  console.log(`Starting a yard of ${developers} developers, which takes minutes\n`)
  const begun = performance.now()
  const yard = await createPushYard(developers, async (first) => {
    const serverctrl = await operatorsClone(first)
    for (const server of SERVERS) {
      await editValues(serverctrl, server, (text) => text.replace('IDLE_STOP: off', 'IDLE_STOP: 1s'))
    }
  })
  try {
    const up = (performance.now() - begun) / 1000
    const status = await until(
      'all sleep',
      async () => {
        const { sandboxes } = await yard.yard.status()
        const ours = sandboxes.filter(({ developer, server }) => developer !== 'master' && server !== 'httpserver')
        return ours.every(({ state }) => state === 'sleeping') && ours
      },
      SLEEP_DEADLINE_MS,
    )
    const title = `${status.length} sandboxes that sleep`
    const note = `up in ${up.toFixed(0)} s`
    const values: number[] = []
    await rest(SETTLED_MS)
    for (let n = 0; n < SAMPLES; n++) {
      values.push(await daemonMiB(yard))
      await rest(SAMPLE_EVERY_MS)
    }
    const row = { title, unit: 'MiB', values, atMost, note } as const
    return { title: 'Memory of the daemon (PSS)', rows: [row] }
  } finally {
    await yard.stop()
  }
}

async function daemonMiB({ yard }: PushYard): Promise<number> {
  return pssBytes((await yard.status()).pid) / 2 ** 20
}

async function operatorsClone(yard: PushYard['yard']): Promise<Clone> {
  const clone = new Clone(yard, join(yard.folder, 'serverctrl'), 'master')
  const from = join(yard.root, 'git/serverctrl.git')
  const cloned = await run('git', ['clone', '-q', '-b', 'master', from, clone.folder])
  if (cloned.exitCode !== 0) throw new Error(cloned.output)
  return clone
}

async function editValues(clone: Clone, server: string, edit: (text: string) => string): Promise<void> {
  const file = `${server}.values.yaml`
  await clone.write(file, edit(await readFile(join(clone.folder, file), 'utf8')))
  await clone.commit('Sleep')
  await clone.must('push', '-q', 'origin', 'HEAD:refs/heads/master')
}
