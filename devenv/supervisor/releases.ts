// What was live, for people to choose from.
import { existsSync } from 'node:fs'
import type { SandboxName } from '../../servers/contract/names.ts'
import { parseBuiltCommit, releaseName } from '../../servers/contract/release.ts'
import type { ReleaseEntry } from '../control/protocol.ts'
import { readSwitches, type SwitchEntry } from '../git/switch-log.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import type { Sandbox } from './sandbox.ts'

/** Releases told of a sandbox: what is older has not been kept for long. */
const RELEASES_MAX = 50

/** Each release once, where it was live last; newest first. */
export async function listReleases(
  layout: YardLayout,
  name: SandboxName,
  sandbox: Pick<Sandbox, 'actual'>,
): Promise<readonly ReleaseEntry[]> {
  const seen = new Set<string>()
  const newest = (await readSwitches(layout, name)).filter(({ release }) => !seen.has(release) && seen.add(release))
  return newest.slice(0, RELEASES_MAX).map((entry) => releaseEntry(layout, name, entry, sandbox))
}

/** An entry of the log, and what has become of its release. */
export function releaseEntry(
  layout: YardLayout,
  name: SandboxName,
  { built, subject, at, who, what }: SwitchEntry,
  sandbox: Pick<Sandbox, 'actual'>,
): ReleaseEntry {
  const release = releaseName(built)
  return {
    ...{ server: name.server, developer: name.developer, release, ...parseBuiltCommit(built), subject, at, who, what },
    kept: existsSync(layout.sandbox(name).release(release)),
    live: sandbox.actual.live?.commit === built,
  }
}
