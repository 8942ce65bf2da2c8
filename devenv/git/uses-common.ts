// Which commits of scripts use the common library: a release of these is built from two commits, and moves with either.
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { COMMON, MASTER, type ServerName } from '../../servers/contract/names.ts'
import { type BuiltCommit, builtCommit } from '../../servers/contract/release.ts'
import { runCommand } from '../exec/run-command.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { gitCommand, type Quarantine } from './git.ts'
import { resolveBranch } from './refs.ts'

/**
 * A text of the code that begins with `common/`, as an import's path does. A text that only looks like it costs a switch at
 * the next push to common; an import that is spelled so that this misses it is refused by the build.
 */
const USE = `['"\`]${COMMON}/`

/** Files that are code, except for declarations: those that the yard makes name the library in their examples. */
const SUFFIXES = ['ts', 'mts', 'cts', 'tsx', 'js', 'mjs', 'cjs', 'jsx']
const CODE = SUFFIXES.map((suffix) => `*.${suffix}`)
const DECLARATIONS = '.d.ts'

const IS_USE = new RegExp(USE)
const IS_CODE = new RegExp(`\\.(${SUFFIXES.join('|')})$`)

/** Whether a file of a commit makes it one that uses the common library: what {@link findUsers} asks git, of a file that is read. */
export function usesCommon(path: string, data: Uint8Array): boolean {
  if (!IS_CODE.test(path) || path.endsWith(DECLARATIONS)) return false
  return IS_USE.test(Buffer.from(data.buffer, data.byteOffset, data.length).toString('latin1'))
}

/** Notes what somebody has found of a commit, so that git need not look again. */
export function noteUse(layout: YardLayout, server: ServerName, commit: string, uses: boolean): void {
  if (known.size > KNOWN_MAX) known.clear()
  known.set(`${layout.repository(server)} ${commit}`, uses)
}

/** A commit never changes, so what was found of it holds. Emptied when it gets long. */
const known = new Map<string, boolean>()
const KNOWN_MAX = 2_000

/** The commits of these that use the common library. One git process, none when all are known. */
export async function findUsers(
  layout: YardLayout,
  server: ServerName,
  commits: readonly string[],
  quarantine?: Quarantine,
): Promise<ReadonlySet<string>> {
  const folder = layout.repository(server)
  const keyOf = (commit: string) => `${folder} ${commit}`
  const unknown = [...new Set(commits)].filter((commit) => !known.has(keyOf(commit)))
  if (unknown.length > 0) {
    const paths = ['--', ...CODE, `:(exclude)*${DECLARATIONS}`]
    const args = ['grep', '-lz', '--text', '-E', '-e', USE, ...unknown, ...paths]
    const { exitCode, stdout, stderr } = await runCommand(gitCommand(folder, args, quarantine))
    // 1: nothing found.
    if (exitCode !== 0 && exitCode !== 1) {
      throw new EdgeyardError('COMMAND_FAILED', `Cannot look into commits of ${server}: git said "${stderr.trim()}"`)
    }
    const found = new Set(
      stdout
        .toString('latin1')
        .split('\0')
        .map((line) => line.slice(0, 40)),
    )
    if (known.size > KNOWN_MAX) known.clear()
    for (const commit of unknown) known.set(keyOf(commit), found.has(commit))
  }
  return new Set(commits.filter((commit) => known.get(keyOf(commit))))
}

/** The common library's live commit; null while it has none. */
export async function commonCommit(layout: YardLayout): Promise<string | null> {
  return await resolveBranch(layout, COMMON, MASTER)
}

/** What the release of a commit is built from, as the common library stands. */
export async function resolveBuilt(
  layout: YardLayout,
  server: ServerName,
  commit: string,
  quarantine?: Quarantine,
): Promise<BuiltCommit> {
  const users = await findUsers(layout, server, [commit], quarantine)
  return builtCommit(commit, users.has(commit) ? await commonCommit(layout) : null)
}
