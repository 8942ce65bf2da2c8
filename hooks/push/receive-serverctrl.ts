// A push to serverctrl: render the whole yard as it would be, and boot what would change.
import { readFile } from 'node:fs/promises'
import type { Candidate, PushFacts, RefUpdate } from '../../devenv/control/protocol.ts'
import { runCommand } from '../../devenv/exec/run-command.ts'
import { gitCommand, type Quarantine } from '../../devenv/git/git.ts'
import { readPushedTemplates } from '../../devenv/git/read-templates.ts'
import { listBranches } from '../../devenv/git/refs.ts'
import { resolveBuilt } from '../../devenv/git/uses-common.ts'
import type { YardLayout } from '../../devenv/sandbox/layout.ts'
import { acceptedQuotas, bytesText, quotasOf } from '../../devenv/sandbox/quotas.ts'
import type { LeftOut } from '../../devenv/sandbox/render-what-fits.ts'
import { EdgeyardError, isEdgeyardError } from '../../servers/contract/errors.ts'
import { isServerName, MASTER, SERVERS, type ServerName } from '../../servers/contract/names.ts'
import { checkDeveloperBranch } from '../../templates/check-branch.ts'
import { secretsOf } from '../../templates/facts.ts'
import type { RenderedConf, YardFacts } from '../../templates/render.ts'
import { ensureRelease } from '../build/ensure-release.ts'
import type { Report } from '../report/report.ts'
import { branchOf } from '../validate/authorise.ts'
import { confNeeds } from '../validate/conf-needs.ts'
import { readBranches, renderConfs } from '../validate/render-confs.ts'
import { testServiceConfs } from '../validate/test-service-confs.ts'
import { bootCandidates } from './boot.ts'
import type { HookContext } from './context.ts'
import { requireTree } from './export-tree.ts'
import { readConfs } from './read-confs.ts'
import { reportError } from './run-hook.ts'

/** True when all of the push may become true. */
export async function receiveServerctrl(
  context: HookContext,
  { updates, facts, report }: { updates: readonly RefUpdate[]; facts: PushFacts; report: Report },
): Promise<boolean> {
  const pushed = new Set(updates.map(({ ref }) => branchOf(ref)!))
  try {
    for (const developer of pushed) requireRoom(developer, facts)
    for (const { ref, newCommit: commit } of updates) {
      const quotas = quotasOf(facts.quotas, branchOf(ref)!)
      const repository = context.layout.repository('serverctrl')
      await requireTree({ repository, commit, quarantine: context.quarantine, quotas })
    }
    const confs = await report.step(
      'render',
      () => render(context, updates, facts),
      (all) => `${all.length} confs`,
    )
    const candidates = await prepare(context, { confs, pushed, facts, report })
    if (await bootCandidates(context, candidates, report)) return true
  } catch (error) {
    reportError(report, error)
  }
  report.line('refused: no conf was changed, everything runs on as it was')
  return false
}

/** The history of a branch stays, so there is an end to it. The operator's has none. */
function requireRoom(developer: string, { quotas, repositoryBytes }: PushFacts): void {
  const { disk } = quotasOf(quotas, developer)
  const bytes = repositoryBytes[developer] ?? 0
  if (developer === MASTER || bytes <= disk) return
  throw new EdgeyardError(
    'PUSH_REFUSED',
    `refused: ${developer} has ${bytesText(bytes)} in the repositories, at most ${bytesText(disk)} (quota disk, yard.yml); ask the operator for more`,
  )
}

async function render(
  { layout, quarantine }: HookContext,
  updates: readonly RefUpdate[],
  facts: YardFacts,
): Promise<readonly RenderedConf[]> {
  const before = await readBranches(layout, facts)
  const branches = new Map(before)
  const read = (commit: string) => readPushedTemplates(layout, commit, quarantine)
  for (const { ref, newCommit } of updates) branches.set(branchOf(ref)!, await read(newCommit))
  const master = updates.find(({ ref }) => branchOf(ref) === MASTER)?.newCommit ?? `refs/heads/${MASTER}`
  for (const { ref, newCommit } of updates) {
    const developer = branchOf(ref)!
    if (developer === MASTER) continue
    // What master has changed since the branch was made is not the developer's doing.
    const fork = await forkOf(layout.repository('serverctrl'), [master, newCommit], quarantine)
    const base = fork === null ? branches.get(MASTER) : await read(fork)
    checkBranch({ developer, base: base ?? {}, pushed: branches.get(developer)! })
  }
  const { confs, complaints, leftOut } = renderConfs(branches, facts)
  const isWrong = complaints.length > 0 && !areOld(leftOut, { before, facts, updates })
  const wrong = isWrong ? complaints : await testServiceConfs(layout, confs, secretsOf(facts))
  if (wrong.length > 0) throw new EdgeyardError('TEMPLATE_INVALID', 'Cannot render the yard', { diagnostics: wrong })
  return confs
}

/** Whether the yard goes on without the same things as before the push: they are not its doing. What it brings itself must fit. */
function areOld(
  leftOut: readonly LeftOut[],
  { before, facts, updates }: { before: Branches; facts: YardFacts; updates: readonly RefUpdate[] },
): boolean {
  if (leftOut.length === 0 || !before.has(MASTER)) return false
  const nameOf = ({ kind, name }: LeftOut) => `${kind} ${name}`
  const old = new Set(renderConfs(before, facts).leftOut.map(nameOf))
  for (const { ref } of updates) old.delete(`branch ${branchOf(ref)}`)
  return leftOut.every((one) => old.has(nameOf(one)))
}

type Branches = Awaited<ReturnType<typeof readBranches>>

/** The newest commit that both stand on; null when there is none. */
async function forkOf(
  folder: string,
  commits: readonly [string, string],
  quarantine: Quarantine,
): Promise<string | null> {
  const { exitCode, stdout } = await runCommand(gitCommand(folder, ['merge-base', '--', ...commits], quarantine))
  return exitCode === 0 ? stdout.toString('latin1').trim() : null
}

/** A developer's branch may change their own section, and there the keys the operator listed. */
function checkBranch(push: Parameters<typeof checkDeveloperBranch>[0]): void {
  const diagnostics = checkDeveloperBranch(push)
  if (diagnostics.length === 0) return
  throw new EdgeyardError('TEMPLATE_INVALID', `Cannot take ${push.developer}'s branch of serverctrl`, { diagnostics })
}

/** A candidate for every sandbox that has code and whose conf the push changes; of others nothing is asked, and nothing told. */
async function prepare(
  { layout }: HookContext,
  {
    confs,
    pushed,
    facts,
    report,
  }: { confs: readonly RenderedConf[]; pushed: ReadonlySet<string>; facts: PushFacts; report: Report },
): Promise<Candidate[]> {
  const commits = new Map<ServerName, Map<string, string>>()
  const before = new Map(
    await Promise.all(SERVERS.map(async (server) => [server, await confsBefore(layout, server)] as const)),
  )
  const candidates: Candidate[] = []
  for (const { template: server, developer, text: conf } of confs) {
    // What somebody says on their own branch is theirs alone.
    if (!isServerName(server) || !(pushed.has(MASTER) || pushed.has(developer))) continue
    const needs = confNeeds(conf)
    const sandbox = { server, developer }
    const old = before.get(server)
    const was = old == null ? await readFile(layout.sandbox(sandbox).conf, 'utf8').catch(() => null) : old[developer]
    if (was === conf) continue
    if (!commits.has(server)) commits.set(server, await listBranches(layout, server))
    const tip = commits.get(server)?.get(developer)
    if (tip === undefined) continue
    const commit = await resolveBuilt(layout, server, tip)
    const quotas = acceptedQuotas(quotasOf(facts.quotas, developer))
    await ensureRelease({ layout, sandbox, commit, quarantine: {}, needs, quotas, report })
    candidates.push({ ...sandbox, commit, conf })
  }
  return candidates
}

/**
 * What a server's sandboxes should run by, before the push; a sandbox that lags behind that is not the pusher's to mend. Null where
 * it cannot be told, because serverctrl is broken: then what each runs by has to do.
 */
async function confsBefore(layout: YardLayout, server: ServerName): Promise<Readonly<Record<string, string>> | null> {
  try {
    return await readConfs(layout, server, null)
  } catch (error) {
    if (isEdgeyardError(error) && error.code === 'TEMPLATE_INVALID') return null
    throw error
  }
}
