// A push to socketserver, dtserver or httpserver: export, build, render, test, boot. Everything up to the switch.
import type { Candidate, RefUpdate } from '../../devenv/control/protocol.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import type { ServerName } from '../../servers/contract/names.ts'
import { confOf, type YardFacts } from '../../templates/render.ts'
import { ensureRelease } from '../build/ensure-release.ts'
import type { Report } from '../report/report.ts'
import { branchOf } from '../validate/authorise.ts'
import { confNeeds } from '../validate/conf-needs.ts'
import { readBranches, renderConfs } from '../validate/render-confs.ts'
import { bootCandidates, reportUnchanged } from './boot.ts'
import type { HookContext } from './context.ts'
import { reportError } from './run-hook.ts'

/** True when all of the push may become true. */
export async function receiveScripts(
  context: HookContext,
  server: ServerName,
  { updates, facts, report }: { updates: readonly RefUpdate[]; facts: YardFacts; report: Report },
): Promise<boolean> {
  const pushed = updates.map(({ ref, newCommit }) => ({ server, developer: branchOf(ref)!, commit: newCommit }))
  try {
    const candidates = await prepare(context, pushed, facts, report)
    if (await bootCandidates(context, candidates, report)) return true
  } catch (error) {
    reportError(report, error)
  }
  await reportUnchanged(context, pushed, report)
  return false
}

async function prepare(
  { layout, quarantine }: HookContext,
  pushed: readonly Omit<Candidate, 'conf'>[],
  facts: YardFacts,
  report: Report,
): Promise<Candidate[]> {
  const rendered = renderConfs(await readBranches(layout, facts), facts)
  if (rendered.diagnostics.length > 0) {
    throw new EdgeyardError(
      'TEMPLATE_INVALID',
      'Cannot render the conf: serverctrl is broken; tell the operator',
      rendered,
    )
  }
  const candidates: Candidate[] = []
  for (const sandbox of pushed) {
    const conf = confOf(rendered, sandbox.server, sandbox.developer)?.text
    if (conf === undefined) throw noSandbox(sandbox)
    if (pushed.length > 1) report.line(`${sandbox.developer}:`)
    await ensureRelease({ layout, sandbox, commit: sandbox.commit, quarantine, needs: confNeeds(conf), report })
    candidates.push({ ...sandbox, conf })
  }
  return candidates
}

function noSandbox({ server, developer }: Omit<Candidate, 'conf'>): EdgeyardError {
  return new EdgeyardError(
    'PUSH_REFUSED',
    `Cannot push ${developer} to ${server}: ${developer} has no ${server} of their own; the operator can give them one with a section "${developer}:" in ${server}.values.yaml of serverctrl`,
  )
}
