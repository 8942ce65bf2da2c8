// Keeps `refs/live` and `refs/log` at what runs: written some time behind a switch, when the processors are not needed for
// those of others, or when somebody wants to read them; what cannot be written then is tried again. Put right at every reconcile,
// so that a daemon that was killed in between leaves nothing wrong for long.
import { messageOf } from '../../servers/contract/errors.ts'
import { type SandboxName, SERVERS, sandboxKey } from '../../servers/contract/names.ts'
import { type BuiltCommit, parseBuiltCommit } from '../../servers/contract/release.ts'
import { type By, YARD } from '../control/by.ts'
import { listSwitchRefs, liveRef, readSwitches, removeRefs, writeSwitch } from '../git/switch-log.ts'
import { createKeptWrites } from './kept-writes.ts'
import type { YardContext } from './yard-context.ts'

/** Why a sandbox moves: told in its log of switches. */
export interface Cause {
  readonly by: By
  /** `push`, `rollback`, `restart` … */
  readonly what: string
}

/** Nobody asked for it. */
export const BY_ITSELF: Cause = { by: YARD, what: 'start' }

export interface Standing {
  readonly name: SandboxName
  /** What its process runs; null while there is none. */
  readonly live: BuiltCommit | null
  readonly stopped: boolean
}

export interface LiveRefs {
  switched(name: SandboxName, built: BuiltCommit, cause: Cause): void
  stopped(name: SandboxName): void
  /** Makes the refs agree with what stands. The log of people who have gone stays: it is kept elsewhere (`retireGone`). */
  repair(standing: readonly Standing[]): void
  /** Resolves when what was asked so far is written, which is done now; what cannot be is kept. */
  written(): Promise<void>
  /** Like `written`, and then `job` has the refs for itself. Rejects as it does. */
  alone(job: () => Promise<void>): Promise<void>
}

/** Without a switch for so long, there is time to write down those that were. */
const REST_MS = 1_000
/** What waits is written after so long in any case. */
const REST_MAX_MS = 10_000
/** Switches that wait to be written, also once more. Beyond it, the next repair writes where each sandbox has come to. */
const QUEUE_MAX = 2_000

export function createLiveRefs(
  { layout, log, clock }: Pick<YardContext, 'layout' | 'log' | 'clock'>,
  { queueMax = QUEUE_MAX } = {},
): LiveRefs {
  let last: Promise<void> = Promise.resolve()
  let waiting = 0
  let repairing = false
  let switchedMs = 0
  let hurried = 0
  let hurry = () => {}
  /** What the newest entry of each log says. */
  const logged = new Map<string, BuiltCommit | null>()
  const kept = createKeptWrites(clock, log, () => {
    last = last.then(kept.tryAgain)
  })

  /** False when too many wait: then it is not done. */
  const later = (what: string, job: () => Promise<void>): boolean => {
    if (waiting + kept.size >= queueMax) return false
    waiting++
    last = last
      .then(job)
      .catch((error: unknown) => log('error', `Cannot write ${what}: ${messageOf(error)}`))
      .finally(() => waiting--)
    return true
  }
  /** As `later`, and when it fails it is tried again, before what comes after it of the same sandbox. */
  const laterFor = (name: SandboxName, what: string, askedMs: number | null, job: () => Promise<void>) => {
    const key = sandboxKey(name)
    later(`${what} of ${key}`, async () => {
      if (askedMs !== null) await rest(askedMs)
      await kept.write(key, { what: `${what} of ${key}`, job })
    })
  }
  const rest = async (askedMs: number) => {
    while (hurried === 0) {
      const ms = Math.min(Math.max(switchedMs, askedMs) + REST_MS, askedMs + REST_MAX_MS) - performance.now()
      if (ms <= 0) return
      await new Promise<void>((resolve) => {
        hurry = resolve
        setTimeout(resolve, ms).unref()
      })
    }
  }
  const write = async (name: SandboxName, built: BuiltCommit, { by, what }: Cause, at: Date) => {
    await writeSwitch(layout, name, { built, by, what, at })
    logged.set(sandboxKey(name), built)
  }
  const lastLogged = async (name: SandboxName) => {
    const key = sandboxKey(name)
    const known = logged.get(key)
    if (known !== undefined) return known
    const built = (await readSwitches(layout, name, 1))[0]?.built ?? null
    logged.set(key, built)
    return built
  }
  const repairOne = async ({ name, live, stopped }: Standing, refs: ReadonlyMap<string, string>) => {
    // It is said in its order.
    if (kept.has(sandboxKey(name))) return
    const at = refs.get(liveRef(name))
    if (stopped) return at === undefined ? undefined : await removeRefs(layout, name.server, [liveRef(name)])
    // Between two starts it stays where it is.
    if (live === null) return
    if (at === parseBuiltCommit(live).commit && (await lastLogged(name)) === live) return
    await write(name, live, BY_ITSELF, new Date())
  }

  const alone = async (job: () => Promise<void>) => {
    hurried++
    hurry()
    const done = last.then(kept.tryAgain).then(job)
    last = done.catch(() => {})
    await done.finally(() => hurried--)
  }

  return {
    switched(name, built, cause) {
      const askedMs = performance.now()
      const at = new Date()
      switchedMs = askedMs
      laterFor(name, 'the switch', askedMs, async () => {
        // A crash loop is no history; that it starts again is among the records.
        if (cause.by.who === YARD.who && (await lastLogged(name)) === built) return
        await write(name, built, cause, at)
      })
    },
    stopped(name) {
      laterFor(name, 'the stop', null, () => removeRefs(layout, name.server, [liveRef(name)]))
    },
    repair(standing) {
      if (repairing) return
      const askedMs = performance.now()
      repairing = later('what is live', async () => {
        // A daemon that has just started has more urgent things to do.
        await rest(askedMs)
        repairing = false
        const keys = new Set(standing.map(({ name }) => sandboxKey(name)))
        for (const key of logged.keys()) if (!keys.has(key)) logged.delete(key)
        kept.keepOnly(keys)
        for (const server of SERVERS) {
          const refs = await listSwitchRefs(layout, server)
          const known = new Set(standing.map(({ name }) => liveRef(name)))
          const gone = [...refs.keys()].filter((ref) => ref.startsWith('refs/live/') && !known.has(ref))
          await removeRefs(layout, server, gone)
          for (const one of standing) if (one.name.server === server) await repairOne(one, refs)
        }
      })
    },
    written: () => alone(async () => {}),
    alone,
  }
}
