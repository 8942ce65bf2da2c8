// What a sandbox sees and may use: its confs and releases to read, its run folder to write, the sockets of its log, its Redis and
// the shared MySQL, and its limits. The probes of `edgeyard doctor` are confined by the same words.
import { existsSync } from 'node:fs'
import type { SandboxName } from '../../servers/contract/names.ts'
import { developerGid } from '../developers/uids.ts'
import type { Command } from '../exec/command.ts'
import { confine } from '../exec/confine.ts'
import type { Limits } from '../settings/limits.ts'
import { projectPaths } from './node-program.ts'
import type { YardContext } from './yard-context.ts'

export interface SandboxUse {
  readonly name: SandboxName
  readonly uid: number | null
  readonly limits: Limits
  /** The folders of its releases and of its confs. */
  readonly readOnly: readonly string[]
}

/** All folders must exist. */
export function confineSandbox(
  { layout, projectRoot, isolation, limiter }: Pick<YardContext, 'layout' | 'projectRoot' | 'isolation' | 'limiter'>,
  command: Command,
  { name, uid, limits, readOnly }: SandboxUse,
): Command {
  return confine(command, {
    isolation,
    uid,
    groups: uid === null ? [] : [developerGid(uid)],
    readOnly: [
      ...projectPaths(projectRoot),
      ...readOnly,
      ...[layout.logSockets, layout.redis(name.developer).run],
      // With a database somewhere else there is no such folder.
      ...(existsSync(layout.mysql.run) ? [layout.mysql.run] : []),
    ],
    readWrite: [layout.sandbox(name).run],
    limits: limiter.rlimits(limits),
  })
}
