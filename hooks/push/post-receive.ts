// git's post-receive: the refs have moved, so the yard moves. Whatever happens here, the refs stay: what is said last is the truth.
import { callControl } from '../../devenv/control/call.ts'
import type { CandidateFailure } from '../../devenv/control/protocol.ts'
import { isEdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { liveRelease } from '../build/releases.ts'
import { called, liveLine, reportFailure } from '../report/failures.ts'
import type { Report } from '../report/report.ts'
import { branchOf } from '../validate/authorise.ts'
import { parseUpdates } from '../validate/parse-updates.ts'
import type { HookContext } from './context.ts'
import type { HookCall } from './hook.ts'
import { readInput } from './run-hook.ts'

/** The daemon bounds every switch; this ends the push when the daemon itself hangs. */
const SWITCH_DEADLINE_MS = 120_000

export async function postReceive({ context, report, input }: HookCall): Promise<number> {
  const { layout, repository, by } = context
  const updates = parseUpdates(await readInput(input)).filter(({ ref }) => branchOf(ref) !== undefined)
  if (updates.length === 0) return 0
  try {
    const signal = AbortSignal.timeout(SWITCH_DEADLINE_MS)
    const onProgress = (line: string) => report.line(line)
    const { live, failures } = await callControl(
      layout.control,
      'switch',
      { repository, updates },
      { onProgress, signal, by },
    )
    for (const status of live) report.line(liveLine(status))
    if (live.length + failures.length === 0) report.line('nothing had to be switched')
    for (const failure of failures) await reportStillRunning(context, failure, report)
    return 0
  } catch (error) {
    const gone = isEdgeyardError(error) && error.code === 'YARD_NOT_RUNNING'
    const why = gone ? 'the yard is not running' : messageOf(error)
    report.line(`not switched yet: ${why}; the push is kept, and the yard follows it when it runs (edgeyard up)`)
    return 1
  }
}

async function reportStillRunning({ layout }: HookContext, failure: CandidateFailure, report: Report): Promise<void> {
  reportFailure(report, failure)
  const old = failure.down ? null : liveRelease(layout.sandbox(failure))
  report.line(`${called(failure)} ${old ? `still running ${old}` : 'is not running'}: ${failure.message}`)
}
