// What the branches of a repository point at: the desired state of the yard. Read from its files, as git itself does: every
// push asks a dozen times, and a process each time would cost it more than its build.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import type { RepositoryName } from '../../servers/contract/names.ts'
import { runOk } from '../exec/run-command.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { readSmall } from '../state/read-small.ts'
import { gitCommand } from './git.ts'

/** The commit of a branch (40 hex digits), or null when there is no such branch. */
export async function resolveBranch(
  layout: YardLayout,
  repository: RepositoryName,
  branch: string,
): Promise<string | null> {
  return (await listBranches(layout, repository)).get(branch) ?? null
}

const COMMIT = /^[0-9a-f]{40}$/
const HEADS = 'refs/heads/'

/**
 * Every branch of a repository with its commit, by name. A branch lies in a file of its own, or in `packed-refs` until it
 * moves again. The files are read first: git packs a branch before it removes its file, so none is missed.
 */
export async function listBranches(layout: YardLayout, repository: RepositoryName): Promise<Map<string, string>> {
  const folder = layout.repository(repository)
  const heads = join(folder, HEADS)
  const entries = readdirSync(heads, { recursive: true, withFileTypes: true })
  const loose = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.lock'))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name)
      return [file.slice(heads.length), readSmall(file)?.trim() ?? ''] as const
    })
  const packed = readSmall(join(folder, 'packed-refs')) ?? ''
  const branches = new Map<string, string>()
  for (const [, commit = '', name = ''] of packed.matchAll(/^([0-9a-f]{40}) refs\/heads\/(.+)$/gm)) {
    branches.set(name, commit)
  }
  for (const [name, commit] of loose) if (COMMIT.test(commit)) branches.set(name, commit)
  return new Map([...branches].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Every ref below the prefixes (`refs/live/`) with its commit, as a git process tells them. */
export async function listRefs(
  layout: YardLayout,
  repository: RepositoryName,
  prefixes: readonly string[],
): Promise<Map<string, string>> {
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', ...prefixes]
  const { stdout } = await runOk(gitCommand(layout.repository(repository), args))
  const lines = stdout.toString('latin1').split('\n').filter(Boolean)
  return new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)]))
}

/** Lines for `git update-ref --stdin`, all or none of them. Throws COMMAND_FAILED. */
export async function updateRefs(
  layout: YardLayout,
  repository: RepositoryName,
  lines: readonly string[],
): Promise<void> {
  if (lines.length === 0) return
  const input = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  await runOk(gitCommand(layout.repository(repository), ['update-ref', '--stdin']), { input })
}

/** git has found a ref at another place than was listed, or locked by somebody who just moves it. */
export function isMovedMeanwhile(error: unknown): boolean {
  return (error as EdgeyardError).code === 'COMMAND_FAILED' && messageOf(error).includes('cannot lock ref')
}
