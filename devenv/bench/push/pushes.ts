// From `git push` to the first answer of the new release, with a client that asks all the time.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tally } from '../../e2e/load.ts'
import { namedScript } from '../../e2e/scripts.ts'
import { type Clone, run } from '../../e2e/yard.ts'
import { SPARE_AFTER_MS } from '../../supervisor/candidates.ts'
import { readHookTimes } from './hook-times.ts'
import { poll } from './poller.ts'

/** People do not push twice within seconds: what a push leaves to be done has been done by then, and the spare process waits. */
export const REST_MS = SPARE_AFTER_MS + 1500

/** One developer, on one way into one sandbox. */
export interface Pusher {
  readonly clone: Clone
  /** Where the sandbox answers. */
  readonly url: string
  /** Of `git push`. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What a script on the other side has logged. */
  said(): Promise<string>
}

export interface Pushed {
  readonly answeredAfterMs: number
  /** When `git push` had ended. */
  readonly pushMs: number
  readonly output: string
  readonly tally: Tally
  /** Milliseconds of each hook; nothing of a push over ssh, whose trace is on the other side. */
  readonly hooks: Readonly<Record<string, number>>
}

/** A steady client of one developer; of many at once they share that pace. */
const POLL_EVERY_MS = 5

let versions = 0
const live = new Map<string, string>()

/** All of them push at once. Resolves when each has ended and the new release has answered. */
export async function pushAll(pushers: readonly Pusher[]): Promise<Pushed[]> {
  const version = `v${++versions}`
  await Promise.all(
    pushers.map(async ({ clone }) => {
      await clone.write('src/main.ts', namedScript(version))
      await clone.commit(version)
    }),
  )
  return await Promise.all(pushers.map((pusher) => push(pusher, version, POLL_EVERY_MS * pushers.length)))
}

async function push({ clone, url, args, env, said }: Pusher, version: string, everyMs: number): Promise<Pushed> {
  let ended = false
  const before = live.get(url) ?? ''
  const trace = join(clone.folder, '.git/trace')
  await rm(trace, { force: true })
  const traced = { ...env, GIT_TRACE2_EVENT: trace }
  const begun = performance.now()
  const polling = poll(url, { wanted: version, before, everyMs, done: () => ended })
  const pushing = run('git', ['push', ...args], { cwd: clone.folder, env: traced }).then(({ exitCode, output }) => {
    ended = true
    if (exitCode !== 0) throw new Error(output)
    return { output, pushMs: performance.now() - begun }
  })
  try {
    const [polled, pushed] = await Promise.all([polling, pushing])
    live.set(url, version)
    return { ...polled, ...pushed, hooks: readHookTimes(trace) }
  } catch (error) {
    throw new Error(`${clone.developer}: ${error}\n${await said()}`, { cause: error })
  }
}

/** What the steady clients met, in words. */
export function outageOf(pushed: readonly Pushed[]): string {
  const sum = (of: (tally: Tally) => number) => pushed.reduce((all, { tally }) => all + of(tally), 0)
  const { refused, reset, cut, wrong } = {
    refused: sum(({ failed }) => failed.refused),
    reset: sum(({ failed }) => failed.reset),
    cut: sum(({ failed }) => failed.cut),
    wrong: sum(({ failed }) => failed.wrong),
  }
  const gap = Math.max(...pushed.map(({ tally }) => tally.longestGapMs))
  return `refused ${refused}, reset ${reset}, cut ${cut}, wrong ${wrong}; longest gap ${gap.toFixed(0)} ms`
}
