// A port from one process of a sandbox to the next: whether they can share it, and what is done when they cannot.
import { messageOf } from '../../servers/contract/errors.ts'
import { type SandboxName, sandboxKey } from '../../servers/contract/names.ts'
import { releaseName } from '../../servers/contract/release.ts'
import type { CandidateFailure } from '../control/protocol.ts'
import { userOf } from '../exec/process-table.ts'
import type { SandboxConf } from '../sandbox/sandbox-conf.ts'
import { type Booted, letListen } from './boot-candidate.ts'
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

/**
 * Tells a ready process to listen, and has who connects from then on sent to it: the old one, which still listens beside it, can let go
 * of its port when nobody is on the way to it any more. Null when it listens; otherwise the failure, and it has ended.
 */
export async function takeClients(
  context: YardContext,
  name: SandboxName,
  target: Target,
  { ready, old }: { readonly ready: KeptProcess; readonly old: KeptProcess | null },
): Promise<CandidateFailure | null> {
  const { ports, log } = context
  const alone = target.conf.workers === 1
  // What was said of a port stays said, and the first of several workers is not to get all clients.
  if (!alone && old !== null) await ports?.prefer('any', old.run.pid)
  const failure = await letListen(context, name, target, ready)
  if (failure !== null || !alone) return failure
  const why = await ports?.prefer('newest', ready.run.pid)
  if (why)
    log('info', `${sandboxKey(name)}: the process before may still be sent clients while it closes its port: ${why}`)
  return null
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
