// A candidate that did not get ready, as its developer reads it.
import type { CandidateFailure, SandboxStatus } from '../../devenv/control/protocol.ts'
import type { SandboxName } from '../../servers/contract/names.ts'
import type { Report } from './report.ts'

/** `dev1 socketserver`: how a sandbox is called in sentences. */
export function called({ server, developer }: SandboxName): string {
  return `${developer} ${server}`
}

export function reportFailure(report: Report, failure: CandidateFailure): void {
  const { diagnostic, lastLines } = failure
  // Said once: with its place, if there is one.
  const known = diagnostic?.message === failure.message
  report.line(`${called(failure)}: ${known ? 'it did not get ready' : failure.message}`)
  if (diagnostic) report.diagnostics([diagnostic])
  if (lastLines.length > 0) report.line('its last lines:')
  for (const line of lastLines) report.line(`  | ${line}`)
}

/** `dev1 socketserver is live: release 4f2a91c8e012 at ws://127.0.0.1:1081/hhl`; of one that does not serve, its state. */
export function liveLine(status: SandboxStatus): string {
  const { state, release, url } = status
  if (state === 'sleeping') return `${called(status)} sleeps: who connects to ${url} gets release ${release}`
  if (state !== 'ready' || release === null) return `${called(status)} is ${state}`
  return `${called(status)} is live: release ${release} at ${url}`
}
