// A release that crashed too often gives way to the last that stood.
import { type SandboxName, sandboxKey } from '../../servers/contract/names.ts'
import { type BuiltCommit, releaseName } from '../../servers/contract/release.ts'
import { remembersFall, type SandboxMemory } from '../sandbox/sandbox-memory.ts'
import type { YardContext } from './yard-context.ts'

/** Says so, and returns what to remember; null when there is nothing to fall back to, and `commit` is tried on. */
export function fallBack(
  { log }: YardContext,
  name: SandboxName,
  memory: SandboxMemory,
  { commit, crashes }: { commit: BuiltCommit; crashes: number },
): SandboxMemory | null {
  const fallen = remembersFall(memory, commit)
  const last = fallen?.stood.at(-1)
  if (fallen === null || last === undefined) return null
  const how = `${releaseName(commit)} crashed ${crashes} times`
  log('crit', `${sandboxKey(name)} falls back to ${releaseName(last)}: ${how}`)
  return fallen
}
