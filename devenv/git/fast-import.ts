// The one writer of what git fast-import reads: every commit that the yard itself makes comes from here.
import { runOk } from '../exec/run-command.ts'
import { AUTHOR, gitCommand, NO_COMMIT } from './git.ts'

export interface ImportedCommit {
  /** A whole ref, `refs/…`, that points at the commit then. */
  readonly ref: string
  /** The commit it stands on: a name, or `:1` for the first of this import; null for one that stands on nothing. */
  readonly from: string | null
  readonly message: string
  /** Its `author` and `committer` lines; without them it is by the yard, and made now. */
  readonly people?: readonly string[]
  /** What `files` are written over: a tree's id, or null for nothing. Missing: what `from` has. */
  readonly tree?: string | null
  /** By path with `/`, which may hold any character. */
  readonly files?: ReadonlyMap<string, Uint8Array>
}

/**
 * Makes commits, in order, and returns their ids. With `onlyCommits` their refs are gone again when it is done. Throws
 * COMMAND_FAILED, also when a ref would leave what it points at; then no ref has moved.
 */
export async function importCommits(
  folder: string,
  commits: readonly ImportedCommit[],
  { onlyCommits = false }: { readonly onlyCommits?: boolean } = {},
): Promise<string[]> {
  const refs = onlyCommits ? [...new Set(commits.map(({ ref }) => ref))] : []
  const input = Buffer.concat(
    [
      'feature done\n',
      ...commits.flatMap(renderCommit),
      ...commits.map((_, index) => `get-mark :${index + 1}\n`),
      ...refs.map((ref) => `reset ${ref}\nfrom ${NO_COMMIT}\n\n`),
      'done\n',
    ].map((part) => (typeof part === 'string' ? Buffer.from(part) : part)),
  )
  const args = ['fast-import', '--quiet', '--done', ...(onlyCommits ? ['--force'] : [])]
  const { stdout } = await runOk(gitCommand(folder, args), { input })
  return stdout.toString('latin1').trim().split('\n')
}

function renderCommit({ ref, from, message, people, tree, files }: ImportedCommit, index: number) {
  const data = (bytes: Uint8Array) => [`data ${bytes.length}\n`, bytes, '\n']
  return [
    `commit ${ref}\nmark :${index + 1}\n`,
    `${(people ?? [`committer ${AUTHOR.name} <${AUTHOR.email}> ${Math.floor(Date.now() / 1000)} +0000`]).join('\n')}\n`,
    ...data(Buffer.from(message)),
    ...(from === null ? [] : [`from ${from}\n`]),
    ...(tree === undefined ? [] : [tree === null ? 'deleteall\n' : `M 040000 ${tree} \n`]),
    ...[...(files ?? [])].flatMap(([path, bytes]) => [`M 100644 inline ${quote(path)}\n`, ...data(bytes)]),
    '\n',
  ]
}

/** As git reads a path that may hold anything: without it a line feed would begin a command, and a `"` end the import. */
function quote(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`
}
