// What is told of a sandbox.
import type { SandboxName } from '../../servers/contract/names.ts'
import { parseBuiltCommit, releaseName } from '../../servers/contract/release.ts'
import type { SandboxState, SandboxStatus } from '../control/protocol.ts'
import { residentBytes } from '../exec/process-table.ts'
import type { Target } from './launch-sandbox.ts'
import type { RunFile } from './run-files.ts'

/** `run`: its process, null when there is none. `target`: what should run. */
export function statusOf(
  name: SandboxName,
  now: { state: SandboxState; run: RunFile | null; target: Target | null; restarts: number },
): SandboxStatus {
  const { state, run, target, restarts } = now
  const built = run?.commit ?? target?.commit ?? null
  return {
    ...name,
    state,
    url: target?.conf.url ?? '',
    port: target?.conf.port ?? 0,
    pid: run?.pid ?? null,
    release: built === null ? null : releaseName(built),
    ...(built === null ? { commit: null, common: null } : parseBuiltCommit(built)),
    uptimeMs: run === null ? null : Date.now() - Date.parse(run.startedAt),
    rssBytes: run === null ? null : residentBytes(run.pid),
    restarts,
  }
}
