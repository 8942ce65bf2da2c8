// What is told of one sandbox.
import type { SandboxName } from '../../servers/contract/names.ts'
import { parseBuiltCommit, releaseName } from '../../servers/contract/release.ts'
import type { SandboxState, SandboxStatus } from '../control/protocol.ts'
import { residentBytes } from '../exec/process-table.ts'
import type { CrashRetries } from './crash-retries.ts'
import type { Target } from './launch-sandbox.ts'
import type { KeptProcess } from './processes.ts'
import type { SandboxDisk } from './sandbox-disk.ts'

interface SandboxFacts {
  readonly name: SandboxName
  readonly state: SandboxState
  readonly target: Target | null
  readonly live: KeptProcess | null
  readonly disk: Pick<SandboxDisk, 'memory' | 'behind'>
  readonly retries: Pick<CrashRetries, 'crashes' | 'nextInMs'>
  readonly restarts: number
  /** Of the clock that run files are written with. */
  readonly now: number
}

/** What runs, as planning wants to know it. */
export const liveOf = ({ run }: KeptProcess) => ({ commit: run.commit ?? '', confHash: run.fingerprint })
/** What will, when somebody connects or it is time. */
export const liveNext = ({ commit, conf }: Target) => ({ commit, confHash: conf.hash })

export function sandboxStatus(facts: SandboxFacts): SandboxStatus {
  const { name, state, target, live, restarts, now } = facts
  const built = live?.run.commit ?? target?.commit ?? null
  return {
    ...name,
    state,
    reason: reasonOf(facts),
    url: target?.conf.url ?? '',
    port: target?.conf.port ?? 0,
    pid: live?.run.pid ?? null,
    release: built === null ? null : releaseName(built),
    ...(built === null ? { commit: null, common: null } : parseBuiltCommit(built)),
    uptimeMs: live === null ? null : now - live.run.startedMs,
    rssBytes: live === null ? null : residentBytes(live.run.pid),
    restarts,
  }
}

/** Why it does not run, or runs something else than its branch or its folder say; null when all is well. For people. */
function reasonOf({ state, target, disk, retries }: Omit<SandboxFacts, 'name'>): string | null {
  const { behind, memory } = disk
  const { fallenFrom } = memory
  const fallen = fallenFrom === null || target?.commit === fallenFrom ? [] : [`fallen from ${releaseName(fallenFrom)}`]
  const { crashes, nextInMs } = retries
  const next = nextInMs === null ? [] : [`next try in ${Math.ceil(nextInMs / 1000)} s`]
  const crashed = state === 'failed' && crashes > 0 ? [`crashed ${crashes} times`, ...next] : []
  return [...crashed, ...fallen, ...(behind === null ? [] : [behind])].join(', ') || null
}
