// Candidates → booted by the daemon, or the reasons why not.
import { callControl } from '../../devenv/control/call.ts'
import type { Candidate, SandboxState } from '../../devenv/control/protocol.ts'
import type { YardLayout } from '../../devenv/sandbox/layout.ts'
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import { sandboxKey } from '../../servers/contract/names.ts'
import { releaseName } from '../../servers/contract/release.ts'
import { liveRelease } from '../build/releases.ts'
import { called, reportFailure } from '../report/failures.ts'
import type { Report } from '../report/report.ts'
import type { HookContext } from './context.ts'

/** The daemon bounds every start; this ends the push when the daemon itself hangs. */
const BOOT_DEADLINE_MS = 120_000
/** As much longer for each of many: two are booted at once, each within the daemon's own deadline. */
const BOOT_MORE_MS = 10_000
/** A look into the daemon's memory, for one word of a refusal. */
const STATUS_DEADLINE_MS = 5_000

/** True when every candidate is ready. Otherwise the reasons have been told, with the lines that `showLine` adds. */
export async function bootCandidates(
  { layout, by }: HookContext,
  candidates: readonly Candidate[],
  report: Report,
  options: { showLine?(diagnostic: Diagnostic): Promise<Diagnostic> } = {},
): Promise<boolean> {
  if (candidates.length === 0) return true
  const { failures } = await report.step(
    'boot',
    async () => {
      const signal = AbortSignal.timeout(BOOT_DEADLINE_MS + candidates.length * BOOT_MORE_MS)
      const onProgress = (line: string) => report.line(line)
      return await callControl(layout.control, 'boot', { candidates }, { onProgress, signal, by })
    },
    (result) => (result.failures.length > 0 ? 'failed' : candidates.map(called).join(', ')),
  )
  for (const failure of failures) {
    const { diagnostic } = failure
    const shown =
      diagnostic && options.showLine ? { ...failure, diagnostic: await options.showLine(diagnostic) } : failure
    reportFailure(report, shown)
  }
  return failures.length === 0
}

/** Says for each sandbox of a refused push what runs on. */
export async function reportUnchanged(
  { layout }: HookContext,
  sandboxes: readonly Pick<Candidate, 'server' | 'developer' | 'commit'>[],
  report: Report,
): Promise<void> {
  const resting = await findResting(layout)
  for (const sandbox of sandboxes) {
    const live = liveRelease(layout.sandbox(sandbox))
    const state = resting.get(sandboxKey(sandbox))
    const runs = state === undefined ? `still running release ${live}` : `it is ${state}, as before, at release ${live}`
    const what = live === null ? 'nothing ran before, nothing runs now' : runs
    report.line(`refused: ${called(sandbox)} ${releaseName(sandbox.commit)}; ${what}`)
  }
}

/** The state of every sandbox without a process; of nobody where the daemon does not say. */
async function findResting({ control }: YardLayout): Promise<ReadonlyMap<string, SandboxState>> {
  const signal = AbortSignal.timeout(STATUS_DEADLINE_MS)
  const { sandboxes } = await callControl(control, 'status', {}, { signal }).catch(() => ({ sandboxes: [] }))
  return new Map(sandboxes.flatMap((one) => (one.pid === null ? [[sandboxKey(one), one.state] as const] : [])))
}
