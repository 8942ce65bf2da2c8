// What the branches of a repository point at: the desired state of the yard.
import type { RepositoryName } from '../../servers/contract/names.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { gitOf } from './simple.ts'

/** The commit of a branch (40 hex digits), or null when there is no such branch. */
export async function resolveBranch(
  layout: YardLayout,
  repository: RepositoryName,
  branch: string,
): Promise<string | null> {
  return (await listBranches(layout, repository)).get(branch) ?? null
}

/** Every branch of a repository with its commit, by name. */
export async function listBranches(layout: YardLayout, repository: RepositoryName): Promise<Map<string, string>> {
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads/']
  const lines = (await gitOf(layout.repository(repository)).raw(args)).split('\n').filter((line) => line !== '')
  return new Map(lines.map((line) => [line.slice(41 + 'refs/heads/'.length), line.slice(0, 40)]))
}
