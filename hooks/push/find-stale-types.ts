// Whether the types a developer's editor reads are those of the yard: a commit keeps its copy, and the common library moves on.
import { runCommand } from '../../devenv/exec/run-command.ts'
import { gitCommand } from '../../devenv/git/git.ts'
import { COMMON, type ServerName, TYPES_BRANCH } from '../../servers/contract/names.ts'
import type { HookContext } from './context.ts'

/** What the branch of types has. */
const PATHS = ['edgeyard.d.ts', `types/${COMMON}`]

/** One line to be told when a pushed commit has other types than the yard. Whoever has none of them does without. */
export async function findStaleTypes(
  { layout, quarantine }: HookContext,
  server: ServerName,
  commits: readonly string[],
): Promise<string | undefined> {
  const list = async (commit: string) => {
    const args = ['ls-tree', '--full-tree', '--end-of-options', commit, ...PATHS]
    const { exitCode, stdout } = await runCommand(gitCommand(layout.repository(server), args, quarantine))
    return exitCode === 0 ? stdout.toString('utf8') : ''
  }
  const [types, ...pushed] = await Promise.all([`refs/heads/${TYPES_BRANCH}`, ...commits].map(list))
  if (types === '' || pushed.every((own) => own === '' || own === types)) return undefined
  return `types: yours are not the yard's; git fetch && git restore --source=origin/${TYPES_BRANCH} ${PATHS.join(' ')}`
}
