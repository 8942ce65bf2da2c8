// A push to the common library: every module is built, and every sandbox that uses it is built and started with it, before it
// moves. Refused, nothing has changed: no ref, no release, no process.
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Candidate, PushFacts, RefUpdate } from '../../devenv/control/protocol.ts'
import { listBranches } from '../../devenv/git/refs.ts'
import { commonCommit, findUsers } from '../../devenv/git/uses-common.ts'
import type { YardLayout } from '../../devenv/sandbox/layout.ts'
import { acceptedQuotas, quotasOf } from '../../devenv/sandbox/quotas.ts'
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import { isEdgeyardError } from '../../servers/contract/errors.ts'
import { COMMON, MASTER, type SandboxName, SERVERS, sandboxKey } from '../../servers/contract/names.ts'
import { builtCommit, releaseName } from '../../servers/contract/release.ts'
import { checkCommon } from '../build/check-common.ts'
import { commonTree, ensureCommonTree } from '../build/common-tree.ts'
import { ensureRelease } from '../build/ensure-release.ts'
import { isThere } from '../build/releases.ts'
import { called } from '../report/failures.ts'
import { createReport, type Report } from '../report/report.ts'
import { confNeeds } from '../validate/conf-needs.ts'
import { bootCandidates } from './boot.ts'
import type { HookContext } from './context.ts'
import { readConfs } from './read-confs.ts'
import { reportError } from './run-hook.ts'

/** Releases that are built at once: esbuild uses every processor by itself. */
const BUILDS_AT_ONCE = 2
/** How often developers may push into the check before it is given up. */
const ROUNDS_MAX = 3

/** True when the push may become true. Authorised: it moves `master`, and nothing else. */
export async function receiveCommon(
  context: HookContext,
  { updates, facts, report }: { updates: readonly RefUpdate[]; facts: PushFacts; report: Report },
): Promise<boolean> {
  const { layout } = context
  const common = updates[0]!.newCommit
  // What was there before this push stays, whatever becomes of it.
  const made = new Set<string>()
  if (!(await isThere(commonTree(layout, common)))) made.add(commonTree(layout, common))
  try {
    if (await check(context, common, made, { facts, report })) return true
  } catch (error) {
    reportError(report, error)
  }
  const live = await commonCommit(layout)
  // Somebody else may have pushed the very same commit in the meantime, and be using it.
  if (live !== common) await Promise.all([...made].map((folder) => rm(folder, { recursive: true, force: true })))
  const state = live === null ? 'there was none before, there is none now' : `it stays at ${releaseName(live)}`
  report.line(`refused: ${COMMON} ${releaseName(common)}; ${state}, and everything runs on as it was`)
  return false
}

async function check(
  context: HookContext,
  common: string,
  made: Set<string>,
  { facts, report }: { facts: PushFacts; report: Report },
): Promise<boolean> {
  const { layout, quarantine } = context
  const tree = await report.step(
    'export',
    () => ensureCommonTree({ layout, quarantine, quotas: quotasOf(facts.quotas, MASTER) }, common),
    () => releaseName(common),
  )
  const { warnings } = await report.step(
    'build',
    () => checkCommon(tree),
    (result) => `${modulesText(result.modules)} (types are not checked)`,
  )
  if (warnings.length > 0) report.line('warnings:')
  report.diagnostics(warnings)

  const checked = new Set<string>()
  for (let round = 1; ; round++) {
    const { all, users } = await findSandboxes(layout, common)
    const unchecked = users.filter((user) => !checked.has(keyOf(user)))
    if (round === 1) report.line(usersText(all, users))
    else if (unchecked.length === 0) return true
    if (round > ROUNDS_MAX) {
      report.line('sandboxes have moved again and again while they were checked; push once more')
      return false
    }
    if (round > 1) report.line(`once more, for what was pushed meanwhile: ${unchecked.map(called).join(', ')}`)
    if (!(await build(layout, unchecked, made, { facts, report }))) return false
    const showLine = (diagnostic: Diagnostic) => withLine(tree, diagnostic)
    if (!(await bootCandidates(context, unchecked, report, { showLine }))) return false
    for (const user of unchecked) checked.add(keyOf(user))
  }
}

/** Every sandbox that has code, and what those that use the library would run with this commit of it. */
async function findSandboxes(
  layout: YardLayout,
  common: string,
): Promise<{ all: number; users: readonly Candidate[] }> {
  const found = await Promise.all(
    SERVERS.map(async (server) => {
      const [confs, branches] = await Promise.all([readConfs(layout, server, null), listBranches(layout, server)])
      const own = Object.entries(confs).flatMap(([developer, conf]) => {
        const commit = branches.get(developer)
        return commit === undefined ? [] : [{ server, developer, commit, conf }]
      })
      const using = await findUsers(
        layout,
        server,
        own.map(({ commit }) => commit),
      )
      return own.map((sandbox) => ({ sandbox, uses: using.has(sandbox.commit) }))
    }),
  )
  const users = found
    .flat()
    .flatMap(({ sandbox, uses }) => (uses ? [{ ...sandbox, commit: builtCommit(sandbox.commit, common) }] : []))
  return { all: found.flat().length, users }
}

/** Builds them all, so that everybody who cannot be built is told at once. */
async function build(
  layout: YardLayout,
  users: readonly Candidate[],
  made: Set<string>,
  { facts, report }: { facts: PushFacts; report: Report },
): Promise<boolean> {
  const failures: { readonly sandbox: SandboxName; readonly error: unknown }[] = []
  // Each of them would say three lines that say nothing here.
  const quiet = createReport({ write: () => {}, now: () => performance.now() })
  const queue = [...users]
  const work = async () => {
    for (let user = queue.shift(); user !== undefined; user = queue.shift()) {
      const release = layout.sandbox(user).release(releaseName(user.commit))
      if (!(await isThere(release))) made.add(release)
      try {
        const needs = confNeeds(user.conf)
        const quotas = acceptedQuotas(quotasOf(facts.quotas, user.developer))
        await ensureRelease({
          ...{ layout, sandbox: user, commit: user.commit, quarantine: {}, needs, quotas },
          report: quiet,
        })
      } catch (error) {
        failures.push({ sandbox: user, error })
      }
    }
  }
  if (users.length === 0) return true
  await report.step(
    'rebuild',
    () => Promise.all(Array.from({ length: BUILDS_AT_ONCE }, work)),
    () => (failures.length > 0 ? 'failed' : users.map(called).join(', ')),
  )
  for (const { sandbox, error } of failures) {
    const places = isEdgeyardError(error) && error.diagnostics.length > 0
    report.line(`${called(sandbox)}: it cannot be built with this`)
    if (places) report.diagnostics(error.diagnostics)
    else reportError(report, error)
  }
  return failures.length === 0
}

/** The operator may see the line; what the daemon tells has none, for it tells developers too. */
async function withLine(tree: string, diagnostic: Diagnostic): Promise<Diagnostic> {
  if (diagnostic.lineText !== undefined || !diagnostic.file.startsWith(`${COMMON}/`)) return diagnostic
  const text = await readFile(join(tree, diagnostic.file.slice(COMMON.length + 1)), 'utf8').catch(() => '')
  const lineText = text.split('\n')[diagnostic.line - 1]?.replace(/\r$/, '')
  return lineText === undefined ? diagnostic : { ...diagnostic, lineText }
}

function usersText(all: number, users: readonly Candidate[]): string {
  const sandboxes = `${all} ${all === 1 ? 'sandbox' : 'sandboxes'}`
  return users.length === 0
    ? `${sandboxes}, none uses it`
    : `${sandboxes}, ${users.length} of them with code that uses it`
}

function modulesText(modules: readonly string[]): string {
  return modules.length === 0 ? 'no modules' : modules.map((name) => `${COMMON}/${name}`).join(', ')
}

const keyOf = (user: Candidate) => `${sandboxKey(user)} ${user.commit} ${user.conf}`
