// Back to an older release. The branch is the desired state, so the branch moves: by compare-and-swap, under the sandbox's
// lock, when the release has started already. No hook runs; a push at the same moment wins or loses as a whole.
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { type SandboxName, sandboxKey } from '../../servers/contract/names.ts'
import { parseBuiltCommit, releaseName } from '../../servers/contract/release.ts'
import type { By } from '../control/by.ts'
import type { RollbackResult } from '../control/protocol.ts'
import { readObjects } from '../git/read-objects.ts'
import { resolveBranch } from '../git/refs.ts'
import { moveBranch, readSwitches, type SwitchEntry } from '../git/switch-log.ts'
import { resolveBuilt } from '../git/uses-common.ts'
import type { SandboxConf } from '../sandbox/sandbox-conf.ts'
import { failureError } from './failure-error.ts'
import { releaseEntry } from './releases.ts'
import type { Sandbox } from './sandbox.ts'
import type { Yard } from './yard.ts'
import type { YardContext } from './yard-context.ts'

export interface Rollback {
  readonly name: SandboxName
  /** The beginning of a release's name or commit; null: what was live before. */
  readonly release: string | null
  readonly by: By
}

/** Throws RELEASE_UNKNOWN, BRANCH_MOVED and SCRIPT_START_FAILED; then the branch and what runs are as they were. */
export async function rollBack(
  context: YardContext,
  yard: Yard,
  { name, release, by }: Rollback,
): Promise<RollbackResult> {
  const sandbox = await yard.sandbox(name)
  const conf = await yard.confOf(name)
  // Its process starts while git is asked what was live.
  const asking = new AbortController()
  if (conf !== null) sandbox.prepare(conf, asking.signal)
  try {
    await yard.liveRefs.written()
    const [entries, tip] = await Promise.all([
      readSwitches(context.layout, name),
      resolveBranch(context.layout, name.server, name.developer),
    ])
    if (tip === null || conf === null) {
      throw new EdgeyardError('RELEASE_UNKNOWN', `Cannot roll back ${sandboxKey(name)}: nothing of it was ever pushed`)
    }
    const entry = chooseRelease(entries, { name, branch: tip, release })
    return await rollBackTo(context, sandbox, { entry, tip, by, conf })
  } finally {
    asking.abort()
    sandbox.expectPush()
  }
}

async function rollBackTo(
  context: YardContext,
  sandbox: Sandbox,
  { entry, tip, by, conf }: { entry: SwitchEntry; tip: string; by: By; conf: SandboxConf },
): Promise<RollbackResult> {
  const { layout } = context
  const { name } = sandbox
  const { commit } = parseBuiltCommit(entry.built)
  const isThere = requireCommit(context, name, entry)
  // Waited for below; until then it is nobody's unhandled error.
  isThere.catch(() => {})
  const built = await resolveBuilt(layout, name.server, commit).catch(async (error: unknown) => {
    // git says less of a commit that is gone than we do.
    await isThere
    throw error
  })
  const target = { commit: built, conf }
  const before = sandbox.actual.live?.commit ?? null

  const [refusal] = await Promise.all([sandbox.boot(target), isThere]).catch(async (error: unknown) => {
    await sandbox.dropCandidate(target)
    throw error
  })
  if (refusal !== null) throw failureError(refusal, sandbox.status())
  const move = { from: tip, to: commit, why: `rollback by ${by.who}` }
  const swap = async () => {
    if (tip === commit || (await moveBranch(layout, name, move))) return target
    throw new EdgeyardError(
      'BRANCH_MOVED',
      `Cannot roll back ${sandboxKey(name)}: branch ${name.developer} has moved from ${tip.slice(0, 12)} in the meantime; look at its status, and ask again`,
    )
  }
  const failure = await sandbox
    .move(swap, { cause: { by, what: 'rollback' }, trust: true })
    .catch(async (error: unknown) => {
      await sandbox.dropCandidate(target)
      throw error
    })
  if (failure !== null) {
    // What runs is what ran, so the branch goes back to it, unless somebody has pushed since.
    if (tip !== commit) await moveBranch(layout, name, { from: commit, to: tip, why: 'rollback failed' })
    throw failureError(failure, sandbox.status())
  }
  return {
    sandbox: sandbox.status(),
    from: before === null ? null : releaseName(before),
    to: releaseName(target.commit),
    entry: releaseEntry(layout, name, { ...entry, built: target.commit }, sandbox),
    branch: { old: tip, new: commit },
  }
}

/** Which entry is meant. Throws RELEASE_UNKNOWN. `branch`: the commit it stands at. */
export function chooseRelease(
  entries: readonly SwitchEntry[],
  { name, branch, release }: { name: SandboxName; branch: string; release: string | null },
): SwitchEntry {
  const commitOf = ({ built }: SwitchEntry) => parseBuiltCommit(built).commit
  const refuse = (why: string) => new EdgeyardError('RELEASE_UNKNOWN', `Cannot roll back ${sandboxKey(name)}: ${why}`)
  if (release === null) {
    const before = entries.find((entry) => commitOf(entry) !== branch)
    if (before === undefined) throw refuse(`nothing was live before ${branch.slice(0, 12)}`)
    return before
  }
  const found = entries.filter((entry) => entry.release.startsWith(release) || commitOf(entry).startsWith(release))
  if (new Set(found.map(commitOf)).size > 1) throw refuse(`"${release}" begins several releases; give more of its name`)
  if (found[0] !== undefined) return found[0]
  const known = [...new Set(entries.map((entry) => entry.release))].slice(0, 5)
  throw refuse(`no release "${release}" was live here${known.length > 0 ? `; there are ${known.join(', ')}` : ''}`)
}

/** A forced push has left it behind, and somebody has collected the garbage. */
async function requireCommit(
  { layout }: YardContext,
  name: SandboxName,
  { built, release }: SwitchEntry,
): Promise<void> {
  const { commit } = parseBuiltCommit(built)
  const [object] = await readObjects(layout.repository(name.server), [commit])
  if (object?.type === 'commit') return
  throw new EdgeyardError(
    'RELEASE_UNKNOWN',
    `Cannot roll back ${sandboxKey(name)}: the commit of release ${release} is not in the repository any more; push it again`,
  )
}
