// The verbs of the control socket, each a few words to the yard.
import { renderDiagnostic } from '../../servers/contract/diagnostic.ts'
import { COMMON, isDeveloperName, type SandboxName, sandboxKey } from '../../servers/contract/names.ts'
import { parseBuiltCommit } from '../../servers/contract/release.ts'
import { type By, mayHearOf } from '../control/by.ts'
import { type CandidateFailure, type ControlVerbs, type SandboxStatus, TURN_COMES } from '../control/protocol.ts'
import type { ControlHandlers } from '../control/serve.ts'
import type { Rename } from '../developers/rename-journal.ts'
import { commonCommit, noteUse } from '../git/uses-common.ts'
import { readSandboxConf } from '../sandbox/sandbox-conf.ts'
import { createAudit } from './audit.ts'
import { withAudit } from './audit-handlers.ts'
import { createAwaitedSwitches } from './awaited-switches.ts'
import { failureError } from './failure-error.ts'
import { followBranch } from './follow-branch.ts'
import { followRenames } from './follow-renames.ts'
import type { Target } from './launch-sandbox.ts'
import type { Cause } from './live-refs.ts'
import { publishCommon } from './publish-common.ts'
import type { PushTurns } from './push-turns.ts'
import { readConfs, readFacts } from './read-desired.ts'
import { listReleases } from './releases.ts'
import { reloadSandbox } from './reload-sandbox.ts'
import { rollBack } from './rollback.ts'
import type { Sandbox } from './sandbox.ts'
import type { MoveOptions } from './sandbox-options.ts'
import { takeDebuggers } from './take-debuggers.ts'
import { brokenBranchText } from './tell-broken-branches.ts'
import type { Yard } from './yard.ts'
import type { YardContext } from './yard-context.ts'

export interface HandlerOptions {
  /** The yard, or a refusal while there is none. */
  yard(): Yard
  context(): YardContext
  /** True while the first push to serverctrl is ours: what it says is done right behind it. */
  seeding(): boolean
  /** Reads developers again, gives them what they lack, and makes the yard agree. */
  reconcile(progress: (line: string) => void): Promise<void>
  /** Gives a developer another name, and makes the yard agree. */
  rename(names: Rename, progress: (line: string) => void): Promise<void>
  /** What developers' branches hold, as last counted. */
  repositoryBytes(): Readonly<Record<string, number>>
  /** Of pushes. */
  readonly turns: PushTurns
  /** Resolves when the yard is up. */
  up(progress: (line: string) => void): Promise<void>
  /** Stops everything but the control socket. */
  down(progress: (line: string) => void): Promise<void>
  /** Lets go of everything but the control socket; what runs runs on. */
  handOver(progress: (line: string) => void): Promise<void>
}

export function controlHandlers({
  yard,
  context,
  seeding,
  reconcile,
  rename,
  repositoryBytes,
  turns,
  up,
  down,
  handOver,
}: HandlerOptions): ControlHandlers {
  const awaited = createAwaitedSwitches()
  /** The push asks for it too, some time later, and hears then what is in the way. */
  const switchEarly = ({ sandbox: { name }, target }: { sandbox: Sandbox; target: Target }, by: By) => {
    const { commit } = parseBuiltCommit(target.commit)
    const move = async () => await yard().move(name, { cause: { by, what: 'push' } })
    followBranch(context().layout, name, { commit, moved: () => void move().catch(() => {}) })
  }
  const handlers: ControlHandlers = {
    status: () => yard().status(),
    facts: async () => ({
      ...(await readFacts(context())),
      quotas: context().settings.quotas,
      repositoryBytes: repositoryBytes(),
    }),
    turn({ key, sandboxes }, progress, _by, gone) {
      const say = (line: string) => {
        progress(line)
        if (line === TURN_COMES) void prepareAll(yard(), sandboxes, gone)
      }
      return turns.take(key, say, gone)
    },
    confs: async ({ server, developers }) => ({ confs: await readConfs(context(), server, developers) }),
    async boot({ candidates }, progress, by) {
      await noteUses(context(), candidates)
      const { booted, failures } = await bootAll(yard(), candidates, progress)
      for (const { sandbox, target } of booted) awaited.add(sandbox, target)
      if (booted.length === 1) switchEarly(booted[0]!, by)
      return { booted: booted.map(({ sandbox }) => sandbox.name), failures }
    },
    async switch({ repository, updates }, progress, by) {
      const developers = updates.flatMap(({ ref }) => /^refs\/heads\/(.+)$/.exec(ref)?.[1] ?? [])
      if (repository === 'serverctrl' || repository === COMMON) {
        if (seeding()) return { live: [], failures: [] }
        const done = await yard().reconcile(progress, { by, what: `push to ${repository}` })
        if (repository === COMMON) await publishCommon(context(), progress)
        const broken = done.brokenBranches.filter(({ name }) => developers.includes(name))
        for (const branch of broken) progress(brokenBranchText(branch))
        // Others who happened to be behind as well are not the pusher's, nor are their last lines.
        const theirs = ({ developer }: SandboxName) => mayHearOf(by, developer)
        const moved = [...done.moved.filter(theirs), ...awaited.takeLive(developers)]
        const names = new Map(moved.map((name) => [sandboxKey(name), name]))
        const warnings = repository === 'serverctrl' ? yard().warningsOf([...names.values()]) : []
        for (const warning of warnings.slice(0, WARNINGS_MAX)) progress(`warning: ${renderDiagnostic(warning)}`)
        const live = await Promise.all([...names.values()].map((name) => yard().statusOf(name)))
        return { live, failures: done.failures.filter(theirs) }
      }
      return await followRenames(yard(), developers.filter(isDeveloperName), progress, async (people) => {
        const names = people.map((developer) => ({ server: repository, developer }))
        awaited.forget(names)
        return await moveAll(yard(), names, { by, what: 'push' })
      })
    },
    async restart(name, _progress, by) {
      const sandbox = await yard().sandbox(name)
      await sandbox.allow()
      return await moveOrThrow(yard(), name, { again: true, cause: { by, what: 'restart' } })
    },
    async start(name, _progress, by) {
      const sandbox = await yard().sandbox(name)
      await sandbox.allow()
      return await moveOrThrow(yard(), name, { awake: true, cause: { by, what: 'start' } })
    },
    async reload(name) {
      const sandbox = await yard().sandbox(name)
      await reloadSandbox(sandbox, context().layout)
      return sandbox.status()
    },
    async releases({ server, developer }) {
      await yard().liveRefs.written()
      const names =
        server === null
          ? (await yard().sandboxNames()).filter((name) => name.developer === developer)
          : [{ server, developer }]
      const lists = names.map(async (name) => listReleases(context().layout, name, await yard().sandbox(name)))
      return { releases: (await Promise.all(lists)).flat() }
    },
    rollback: ({ release, ...name }, _progress, by) => rollBack(context(), yard(), { name, release, by }),
    redis: ({ developer, act }) => yard().redis(developer, act),
    async stop(name) {
      const sandbox = await yard().sandbox(name)
      await sandbox.stop()
      yard().liveRefs.stopped(name)
      return sandbox.status()
    },
    async debug(name) {
      return { socket: await takeDebuggers(await yard().sandbox(name), context().layout) }
    },
    async reconcile(_params, progress) {
      await reconcile(progress)
      return await yard().status()
    },
    async rename(names, progress) {
      await rename(names, progress)
      return await yard().status()
    },
    async up(_params, progress) {
      await up(progress)
      return {}
    },
    async 'hand-over'(_params, progress) {
      await handOver(progress)
      return {}
    },
    async down(_params, progress) {
      await down(progress)
      return {}
    },
    audit: async () => ({}),
  }
  return withAudit(handlers, {
    audit: (by, entry) => createAudit(context().log)(by, entry),
    statusOf: (name) => yard().statusOf(name),
    nameOf: (developer) => yard().nameOf(developer),
  })
}

/** More than these are not read by anybody; "render --check" shows all. */
const WARNINGS_MAX = 10

/** Booting is the processor's work, and what runs needs some of it too. */
const BOOTS_AT_ONCE = 2
/** Booted candidates of one push that wait side by side, for memory's sake. What is tried beyond is booted again at its switch. */
const WAITING_MAX = 16

/** Whoever has built a commit has looked whether it uses the common library: nobody looks again. */
async function noteUses(
  { layout }: YardContext,
  candidates: ControlVerbs['boot']['params']['candidates'],
): Promise<void> {
  const thereIsOne = (await commonCommit(layout)) !== null
  for (const { server, commit: built } of candidates) {
    const { commit, common } = parseBuiltCommit(built)
    if (thereIsOne) noteUse(layout, server, commit, common !== null)
  }
}

/**
 * Starts what a push will need, as far as that can be told: a process with the conf that counts now. Where that turns out
 * otherwise, nothing was gained.
 */
export async function prepareAll(yard: Yard, names: readonly SandboxName[], gone: AbortSignal): Promise<void> {
  for (const name of names.slice(0, BOOTS_AT_ONCE)) {
    try {
      const [sandbox, conf] = await Promise.all([yard.sandbox(name), yard.confOf(name)])
      if (conf !== null) sandbox.prepare(conf, gone)
    } catch {
      // Who has no such sandbox is told by the hook.
    }
  }
}

/** All or none: a push becomes true as a whole. */
async function bootAll(
  yard: Yard,
  candidates: ControlVerbs['boot']['params']['candidates'],
  progress: (line: string) => void,
): Promise<{ booted: readonly { sandbox: Sandbox; target: Target }[]; failures: readonly CandidateFailure[] }> {
  const tries: { sandbox: Sandbox; target: Target; failure: CandidateFailure | null }[] = []
  const queue = [...candidates]
  const work = async () => {
    for (let candidate = queue.shift(); candidate !== undefined; candidate = queue.shift()) {
      const name = { server: candidate.server, developer: candidate.developer }
      const target = { commit: candidate.commit, conf: readSandboxConf(name, candidate.conf) }
      const sandbox = await yard.sandbox(name)
      const { reason } = sandbox.status()
      if (reason !== null) progress(`${name.developer} ${name.server} until now: ${reason}`)
      const failure = await sandbox.boot(target)
      tries.push({ sandbox, target, failure })
      if (candidates.length > 1) progress(`${sandboxKey(name)} ${failure === null ? 'starts' : 'does not start'}`)
      // Nobody switches to one that was stopped or sleeps: it was only tried.
      if (failure === null && (sandbox.rests || tries.length > WAITING_MAX)) await sandbox.dropCandidate(target)
      if (failure !== null && candidates.length === 1) sandbox.expectPush()
    }
  }
  await Promise.all(Array.from({ length: BOOTS_AT_ONCE }, work))
  const failures = tries.flatMap(({ failure }) => failure ?? [])
  if (failures.length > 0) await Promise.all(tries.map(({ sandbox, target }) => sandbox.dropCandidate(target)))
  return { booted: failures.length > 0 ? [] : tries, failures }
}

async function moveAll(
  yard: Yard,
  names: readonly SandboxName[],
  cause: Cause,
): Promise<ControlVerbs['switch']['result']> {
  const results = await Promise.all(names.map(async (name) => ({ name, failure: await yard.move(name, { cause }) })))
  const moved = results.filter(({ failure }) => failure === null)
  // Who pushes for many at once does not do so again in a minute.
  if (names.length === 1) (await yard.sandbox(names[0]!)).expectPush()
  return {
    live: await Promise.all(moved.map(({ name }) => yard.statusOf(name))),
    failures: results.flatMap(({ failure }) => failure ?? []),
  }
}

async function moveOrThrow(yard: Yard, name: SandboxName, options: MoveOptions): Promise<SandboxStatus> {
  const failure = await yard.move(name, options)
  if (failure !== null) throw failureError(failure, await yard.statusOf(name))
  return await yard.statusOf(name)
}
