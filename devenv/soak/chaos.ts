// Kills the daemon at random moments of what people do, brings it up again, and looks whether all is as the refs say.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { sandboxKey } from '../../servers/contract/names.ts'
import { httpGet } from '../e2e/clients.ts'
import { namedScript } from '../e2e/scripts.ts'
import { type Clone, isAlive, run, type TestYard, until } from '../e2e/yard.ts'
import { findStrays, listMarked } from '../exec/process-marks.ts'
import { yardLayout } from '../sandbox/layout.ts'
import { parseMark, readRunFiles } from '../supervisor/run-files.ts'

export interface ChaosOptions {
  readonly kills: number
  /** The same seed kills in the same moments, as far as the machine's own pace allows. */
  readonly seed: number
  tell(line: string): void
}

export interface Kill {
  readonly act: string
  /** From the act to the kill. */
  readonly afterMs: number
  /** From the start of the next daemon until every ref was what runs. */
  readonly recoveredMs: number
}

/** The moments of a push, a switch, an addition lie in here, on a machine that does nothing else. */
const LATEST_KILL_MS = 1_500
const RECOVERY_DEADLINE_MS = 30_000
const DEVELOPERS = ['dev1', 'dev2'] as const

/** Throws what is wrong after a kill, with the kill. The yard has keys for dev1 and dev2. */
export async function runChaos(yard: TestYard, { kills, seed, tell }: ChaosOptions): Promise<readonly Kill[]> {
  const random = createRandom(seed)
  const clones = new Map<string, Clone>()
  for (const name of DEVELOPERS) clones.set(name, await yard.clone('socketserver', name))
  /** Commits that git has accepted, by developer. */
  const accepted: { readonly developer: string; readonly commit: string }[] = []
  /** Who must be there, and who may not be. */
  const guests = new Map<string, boolean>()
  let count = 0

  const push = async (developer: string) => {
    const clone = clones.get(developer)!
    await clone.write('src/main.ts', namedScript(`${developer}-${++count}`))
    const commit = await clone.commit(`Change ${count}`)
    if ((await clone.push()).exitCode === 0) accepted.push({ developer, commit })
  }
  const acts: Readonly<Record<string, () => Promise<unknown>>> = {
    push: () => push(pick(DEVELOPERS, random)),
    pushes: () => Promise.all(DEVELOPERS.map(push)),
    restart: () => yard.cli('restart', 'dtserver', pick(DEVELOPERS, random)),
    add: async () => {
      const name = `guest${++count}`
      if ((await yard.cli('dev', 'add', name)).exitCode === 0) guests.set(name, true)
    },
    remove: async () => {
      const name = [...guests].find(([, there]) => there)?.[0]
      if (name === undefined) return await push('dev1')
      guests.delete(name)
      if ((await yard.cli('dev', 'rm', name)).exitCode === 0) guests.set(name, false)
    },
  }

  const results: Kill[] = []
  for (let n = 0; n < kills; n++) {
    const act = pick(Object.keys(acts), random)
    const afterMs = Math.round(random() * LATEST_KILL_MS)
    const { pid } = await yard.status()
    const acting = acts[act]!()
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    process.kill(pid, 'SIGKILL')
    await until('the daemon is gone', () => !isAlive(pid))
    await acting
    const begin = performance.now()
    await yard.up()
    let wrong: readonly string[] = []
    const asItShouldBe = async () => {
      wrong = await differences(yard)
      return wrong.length === 0
    }
    const killed = `Kill ${n + 1} (seed ${seed}), ${afterMs} ms into "${act}"`
    await until('every ref is what runs', asItShouldBe, RECOVERY_DEADLINE_MS).catch(() => {
      throw new Error(`${killed}:\n  ${wrong.join('\n  ')}`)
    })
    const recoveredMs = Math.round(performance.now() - begin)
    const lost = [...(await findLost(yard, accepted)), ...findWrongGuests(yard, guests)]
    if (lost.length > 0) throw new Error(`${killed}:\n  ${lost.join('\n  ')}`)
    results.push({ act, afterMs, recoveredMs })
    tell(
      `${n + 1}/${kills}: killed ${afterMs} ms into "${act}", all as it should be ${recoveredMs} ms after the restart`,
    )
  }
  return results
}

/** What does not fit: refs against what runs, and processes against run files. */
async function differences(yard: TestYard): Promise<readonly string[]> {
  const layout = yardLayout(yard.root)
  const { sandboxes } = await yard.status()
  const wrong = await Promise.all(
    sandboxes.map(async (one) => {
      const repository = join(yard.root, 'git', `${one.server}.git`)
      const ref = (
        await run('git', ['--git-dir', repository, 'rev-parse', `refs/heads/${one.developer}`])
      ).stdout.trim()
      if (one.state !== 'ready') return [`${sandboxKey(one)} is ${one.state}: ${one.reason}`]
      if (one.commit !== ref) return [`${sandboxKey(one)} runs ${one.commit}, its ref is ${ref}`]
      if (one.server !== 'socketserver' || !DEVELOPERS.some((name) => name === one.developer)) return []
      const { body } = await httpGet(one.url.replace('ws:', 'http:'))
      const script = await run('git', ['--git-dir', repository, 'show', `${ref}:src/main.ts`])
      const name = /body: '([^']+)'/.exec(script.stdout)?.[1]
      return name === undefined || name === body ? [] : [`${sandboxKey(one)} answers ${body}, its ref says ${name}`]
    }),
  )
  const known = new Set((await readRunFiles(layout)).map(({ pid }) => pid))
  const strays = findStrays(listMarked(), known, (mark) => parseMark(mark)?.root === yard.root)
  return [...wrong.flat(), ...strays.map(({ pid, mark }) => `pid ${pid} is in no run file: ${mark}`)]
}

/** Accepted commits that their branches do not hold any more. */
async function findLost(
  yard: TestYard,
  accepted: readonly { readonly developer: string; readonly commit: string }[],
): Promise<readonly string[]> {
  const repository = join(yard.root, 'git', 'socketserver.git')
  const held = await Promise.all(
    accepted.map(async ({ developer, commit }) => {
      const args = ['--git-dir', repository, 'merge-base', '--is-ancestor', commit, `refs/heads/${developer}`]
      return (await run('git', args)).exitCode === 0 ? [] : [`${commit} of ${developer} was accepted and is lost`]
    }),
  )
  return held.flat()
}

function findWrongGuests(yard: TestYard, guests: ReadonlyMap<string, boolean>): readonly string[] {
  return [...guests]
    .filter(([name, there]) => existsSync(join(yardLayout(yard.root).developers, `${name}.json`)) !== there)
    .map(([name, there]) => `${name} was ${there ? 'added and is gone' : 'removed and is there'}`)
}

const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)]!

/** Numbers from 0 up to 1 that a seed repeats (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
