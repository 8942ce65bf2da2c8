// A candidate's failure as an error: for verbs that have nothing else to answer.
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { sandboxKey } from '../../servers/contract/names.ts'
import { releaseName } from '../../servers/contract/release.ts'
import type { CandidateFailure, SandboxStatus } from '../control/protocol.ts'

/** `now`: what runs after it. */
export function failureError(
  { message, diagnostic, lastLines, ...name }: CandidateFailure,
  now: SandboxStatus,
): EdgeyardError {
  const state = now.pid === null ? 'it is not running' : `still running ${now.release ?? releaseName(now.commit ?? '')}`
  return new EdgeyardError(
    'SCRIPT_START_FAILED',
    [`Cannot start ${sandboxKey(name)}: ${message}; ${state}`, ...lastLines].join('\n  '),
    diagnostic === undefined ? {} : { diagnostics: [diagnostic] },
  )
}
