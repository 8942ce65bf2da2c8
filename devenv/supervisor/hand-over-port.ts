// A port from one process of a sandbox to the next: whether they can share it, and what is done when they cannot.
import { messageOf } from '../../servers/contract/errors.ts'
import { type SandboxName, sandboxKey } from '../../servers/contract/names.ts'
import { releaseName } from '../../servers/contract/release.ts'
import type { CandidateFailure } from '../control/protocol.ts'
import { userOf } from '../exec/process-table.ts'
import type { SandboxConf } from '../sandbox/sandbox-conf.ts'
import type { Booted } from './boot-candidate.ts'
import type { Target } from './launch-sandbox.ts'
import { isPortFree, requireFreePort } from './ports.ts'
import type { KeptProcess } from './processes.ts'
import type { RunFile } from './run-files.ts'
import { readConfOf } from './sandbox-files.ts'
import { askUntil } from './within.ts'
import type { YardContext } from './yard-context.ts'

/** How long an old process may take to let go of a port that cannot be shared: it does so before it drains. */
const LET_GO_DEADLINE_MS = 3_000

export function canBothListen(one: SandboxConf, other: SandboxConf): boolean {
  return one.port !== other.port || (one.sharesPort && other.sharesPort)
}

/** Linux shares a port among processes of one user: one that an older version started may have another. */
export function hasUser({ pid }: Pick<RunFile, 'pid'>, uid: number | null): boolean {
  const user = userOf(pid)
  return uid === null || user === null || user === uid
}

/** What a process was started as; null when its conf is gone, or nothing that can be read. */
export function targetOf({ layout }: YardContext, name: SandboxName, { run }: KeptProcess): Target | null {
  try {
    const conf = readConfOf(layout, name, run.fingerprint)
    return conf === null || run.commit === null ? null : { commit: run.commit, conf }
  } catch {
    return null
  }
}

/** Beside a process of our own the port is shared, or ours to let go of; otherwise it must be nobody's. */
export async function portTaken(
  context: YardContext,
  name: SandboxName,
  { conf }: Target,
  own: readonly KeptProcess[],
): Promise<CandidateFailure | null> {
  const before = own.map((process) => targetOf(context, name, process))
  if (before.some((each) => each?.conf.port === conf.port)) return null
  try {
    await requireFreePort(context.settings.host, conf.port, sandboxKey(name))
    return null
  } catch (error) {
    return { ...name, message: messageOf(error), fault: 'yard', lastLines: [] }
  }
}

/** The parts of a sandbox that a hand-over moves. */
export interface HandOverSteps {
  /** The old process drains, and nothing is live. */
  letGo(): Promise<void>
  goLive(target: Target, ready: KeptProcess): Promise<CandidateFailure | null>
  boot(target: Target): Promise<Booted>
}

/**
 * Two cannot listen at once: the old one lets go first, and its release is started again when the new one does not come.
 * Null when the new one is live; otherwise why not, and whether the old release runs again.
 */
export async function handOverPort(
  { settings: { host } }: YardContext,
  before: Target,
  next: { readonly target: Target; readonly ready: KeptProcess },
  steps: HandOverSteps,
): Promise<{ readonly failure: CandidateFailure; readonly restored: boolean } | null> {
  await steps.letGo()
  const { port } = next.target.conf
  await askUntil(() => isPortFree(host, port), { ms: LET_GO_DEADLINE_MS })
  const failure = await steps.goLive(next.target, next.ready)
  if (failure === null) return null
  const booted = await steps.boot(before)
  const again = 'failure' in booted ? booted.failure : await steps.goLive(before, booted.ready)
  const how = again === null ? 'was started again' : `cannot be started again: ${again.message}`
  const message = `${failure.message}; ${releaseName(before.commit)} had let go of port ${port} for it and ${how}`
  return { failure: { ...failure, message }, restored: again === null }
}
