// A push to socketserver, dtserver or httpserver: export, build, render, test, boot. Everything up to the switch.
import { callControl } from '../../devenv/control/call.ts'
import type { Candidate, RefUpdate } from '../../devenv/control/protocol.ts'
import type { YardLayout } from '../../devenv/sandbox/layout.ts'
import { EdgeyardError, isEdgeyardError } from '../../servers/contract/errors.ts'
import type { ServerName } from '../../servers/contract/names.ts'
import { ensureRelease } from '../build/ensure-release.ts'
import type { Report } from '../report/report.ts'
import { branchOf } from '../validate/authorise.ts'
import { confNeeds } from '../validate/conf-needs.ts'
import { bootCandidates, reportUnchanged } from './boot.ts'
import type { HookContext } from './context.ts'
import { reportError } from './run-hook.ts'

/** True when all of the push may become true. */
export async function receiveScripts(
  context: HookContext,
  server: ServerName,
  { updates, report }: { updates: readonly RefUpdate[]; report: Report },
): Promise<boolean> {
  const pushed = updates.map(({ ref, newCommit }) => ({ server, developer: branchOf(ref)!, commit: newCommit }))
  try {
    const candidates = await prepare(context, server, pushed, report)
    if (await bootCandidates(context, candidates, report)) return true
  } catch (error) {
    reportError(report, error)
  }
  await reportUnchanged(context, pushed, report)
  return false
}

async function prepare(
  { layout, quarantine }: HookContext,
  server: ServerName,
  pushed: readonly Omit<Candidate, 'conf'>[],
  report: Report,
): Promise<Candidate[]> {
  const confs = await readConfs(layout, server)
  const candidates: Candidate[] = []
  for (const sandbox of pushed) {
    const conf = Object.hasOwn(confs, sandbox.developer) ? confs[sandbox.developer] : undefined
    if (conf === undefined) throw noSandbox(sandbox)
    if (pushed.length > 1) report.line(`${sandbox.developer}:`)
    await ensureRelease({ layout, sandbox, commit: sandbox.commit, quarantine, needs: confNeeds(conf), report })
    candidates.push({ ...sandbox, conf })
  }
  return candidates
}

/** Rendering is a look into the daemon's memory, unless serverctrl has just changed. */
const CONFS_DEADLINE_MS = 10_000

async function readConfs(layout: YardLayout, server: ServerName): Promise<Readonly<Record<string, string>>> {
  try {
    const signal = AbortSignal.timeout(CONFS_DEADLINE_MS)
    return (await callControl(layout.control, 'confs', { server }, { signal })).confs
  } catch (error) {
    if (!isEdgeyardError(error) || error.code !== 'TEMPLATE_INVALID') throw error
    const { diagnostics } = error
    const message = 'Cannot render the conf: serverctrl is broken; tell the operator'
    throw new EdgeyardError('TEMPLATE_INVALID', message, { diagnostics, cause: error })
  }
}

function noSandbox({ server, developer }: Omit<Candidate, 'conf'>): EdgeyardError {
  return new EdgeyardError(
    'PUSH_REFUSED',
    `Cannot push ${developer} to ${server}: ${developer} has no ${server} of their own; the operator can give them one with a section "${developer}:" in ${server}.values.yaml of serverctrl`,
  )
}
