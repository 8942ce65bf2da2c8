// What a hook knows of the push it belongs to: taken from git's environment once, and nothing else of it trusted.
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path'
import { type By, isFingerprint, OPERATOR } from '../../devenv/control/by.ts'
import type { Quarantine } from '../../devenv/git/git.ts'
import { type YardLayout, yardLayout } from '../../devenv/sandbox/layout.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { isRepositoryName, MASTER, parseDeveloperName, type RepositoryName } from '../../servers/contract/names.ts'
import type { Pusher } from '../validate/authorise.ts'

export interface HookContext {
  readonly layout: YardLayout
  readonly repository: RepositoryName
  readonly pusher: Pusher
  /** The same, with the key that was proven: for the daemon's audit records. */
  readonly by: By
  readonly quarantine: Quarantine
}

/** git runs hooks in the repository's folder, with `GIT_DIR=.`. Throws `PROTOCOL` when this is no repository of a yard. */
export function readContext(env: NodeJS.ProcessEnv, cwd: string): HookContext {
  const { EDGEYARD_ROOT: root, EDGEYARD_DEVELOPER: developer, EDGEYARD_KEY: key = '' } = env
  if (!root || !isAbsolute(root)) throw new EdgeyardError('PROTOCOL', 'Cannot run this hook without EDGEYARD_ROOT')
  const layout = yardLayout(root)
  const repository = basename(cwd, '.git')
  if (!isRepositoryName(repository)) throw new EdgeyardError('PROTOCOL', `Cannot tell which repository ${cwd} is`)
  const pusher = parsePusher(developer)
  const by = pusher.operator ? OPERATOR : { who: pusher.developer, key: isFingerprint(key) ? key : null }
  return { layout, repository, pusher, by, quarantine: readQuarantine(env, cwd) }
}

/** Our SSH server names the developer whose key it has checked. Nobody named: a local path, which only the operator can reach. */
function parsePusher(developer: string | undefined): Pusher {
  if (developer === undefined) return { operator: true }
  return { operator: false, developer: developer === MASTER ? MASTER : parseDeveloperName(developer) }
}

/** Paths made absolute: our own git runs with another GIT_DIR. */
function readQuarantine(env: NodeJS.ProcessEnv, cwd: string): Quarantine {
  const { GIT_OBJECT_DIRECTORY: objects, GIT_ALTERNATE_OBJECT_DIRECTORIES: others } = env
  if (objects === undefined) return {}
  const alternates = (others ?? join(cwd, 'objects')).split(delimiter).map((path) => resolve(cwd, path))
  return {
    GIT_OBJECT_DIRECTORY: resolve(cwd, objects),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: alternates.join(delimiter),
  }
}

/** Takes out of our own environment all that the client, git or a login may have put there, before anything is loaded by it. */
export function cleanEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) if (!['PATH', 'HOME', 'LANG'].includes(name)) delete env[name]
}
