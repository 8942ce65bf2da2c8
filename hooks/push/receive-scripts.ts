// A push to socketserver, dtserver or httpserver: export, build, render, test, boot. Everything up to the switch.
import type { Candidate, PushFacts, RefUpdate } from '../../devenv/control/protocol.ts'
import { noteUse, resolveBuilt, usesCommon } from '../../devenv/git/uses-common.ts'
import { quotasOf } from '../../devenv/sandbox/quotas.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import type { ServerName } from '../../servers/contract/names.ts'
import { ensureRelease } from '../build/ensure-release.ts'
import type { Report } from '../report/report.ts'
import { branchOf } from '../validate/authorise.ts'
import type { TreeFile } from '../validate/check-tree.ts'
import { confNeeds } from '../validate/conf-needs.ts'
import { bootCandidates, reportUnchanged } from './boot.ts'
import type { HookContext } from './context.ts'
import { readContents, requireTree } from './export-tree.ts'
import { findStaleTypes } from './find-stale-types.ts'
import { readConfs } from './read-confs.ts'
import { reportError } from './run-hook.ts'

/** True when all of the push may become true. */
export async function receiveScripts(
  context: HookContext,
  server: ServerName,
  { updates, facts, report }: { updates: readonly RefUpdate[]; facts: PushFacts; report: Report },
): Promise<boolean> {
  const pushed = updates.map(({ ref, newCommit }) => ({ server, developer: branchOf(ref)!, commit: newCommit }))
  try {
    for (let round = 1; ; round++) {
      const { candidates, trees } = await prepare(context, server, { pushed, facts, report })
      const [isReady, types] = await Promise.all([
        bootCandidates(context, candidates, report),
        findStaleTypes(context, server, trees),
      ])
      if (!isReady) break
      if (await areCurrent(context, server, pushed, candidates)) {
        if (types !== undefined) report.line(types)
        return true
      }
      if (round === ROUNDS_MAX)
        throw new EdgeyardError('PUSH_REFUSED', 'The common library has moved again; push once more')
      report.line('the common library has moved meanwhile: once more, with the new one')
    }
  } catch (error) {
    reportError(report, error)
  }
  await reportUnchanged(context, pushed, report)
  return false
}

/** How often the operator may push the common library into one push of a developer before that is given up. */
const ROUNDS_MAX = 3

/** Whether what was booted is still what the refs would ask for: the common library may have moved. */
async function areCurrent(
  { layout, quarantine }: HookContext,
  server: ServerName,
  pushed: readonly Omit<Candidate, 'conf'>[],
  candidates: readonly Candidate[],
): Promise<boolean> {
  const now = await Promise.all(pushed.map(({ commit }) => resolveBuilt(layout, server, commit, quarantine)))
  return now.every((commit, index) => commit === candidates[index]?.commit)
}

async function prepare(
  { layout, quarantine }: HookContext,
  server: ServerName,
  { pushed, facts, report }: { pushed: readonly Omit<Candidate, 'conf'>[]; facts: PushFacts; report: Report },
): Promise<{ candidates: Candidate[]; trees: readonly (readonly TreeFile[])[] }> {
  const repository = layout.repository(server)
  const listing = pushed.map(({ commit, developer }) =>
    requireTree({ repository, commit, quarantine, quotas: quotasOf(facts.quotas, developer) }),
  )
  const names = pushed.map(({ developer }) => developer)
  const [confs, ...trees] = await Promise.all([readConfs(layout, server, names), ...listing])
  const candidates: Candidate[] = []
  for (const [index, sandbox] of pushed.entries()) {
    const conf = Object.hasOwn(confs, sandbox.developer) ? confs[sandbox.developer] : undefined
    if (conf === undefined) throw noSandbox(sandbox)
    if (pushed.length > 1) report.line(`${sandbox.developer}:`)
    const tree = trees[index]!
    const contents = await readContents({ repository, quarantine }, tree)
    if (contents !== null) {
      const uses = tree.some(({ path }, n) => usesCommon(path, contents[n] ?? NOTHING))
      noteUse(layout, server, sandbox.commit, uses)
    }
    const commit = await resolveBuilt(layout, server, sandbox.commit, quarantine)
    await ensureRelease({
      ...{ layout, sandbox, commit, quarantine, report, tree, contents },
      needs: confNeeds(conf),
      quotas: quotasOf(facts.quotas, sandbox.developer),
      repositoryBytes: facts.repositoryBytes[sandbox.developer] ?? 0,
    })
    candidates.push({ ...sandbox, commit, conf })
  }
  return { candidates, trees }
}

const NOTHING = new Uint8Array()

function noSandbox({ server, developer }: Omit<Candidate, 'conf'>): EdgeyardError {
  return new EdgeyardError(
    'PUSH_REFUSED',
    `Cannot push ${developer} to ${server}: ${developer} has no ${server} of their own; the operator can give them one with a section "${developer}:" in ${server}.values.yaml of serverctrl`,
  )
}
