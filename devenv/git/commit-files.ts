// Files on a branch, put there by the yard without a push: it moves only when they change.
import { createHash } from 'node:crypto'
import type { RepositoryName } from '../../servers/contract/names.ts'
import { runCommand } from '../exec/run-command.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { importCommits } from './fast-import.ts'
import { gitCommand } from './git.ts'
import { readObjects } from './read-objects.ts'

export interface FilesCommit {
  readonly repository: RepositoryName
  /** A branch's name, or a whole ref, `refs/…`. */
  readonly branch: string
  /** By path with `/`. */
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly message: string
  /** The branch keeps what else it has, untouched; otherwise its files are exactly these. */
  readonly keepOthers?: boolean
}

/** False when the branch has these files already. No hook sees it. */
export async function commitFiles(layout: YardLayout, commit: FilesCommit): Promise<boolean> {
  const folder = layout.repository(commit.repository)
  const now = await listFiles(layout, commit.repository, commit.branch)
  const { branch, files, message, keepOthers = false } = commit
  const isThere = [...files].every(([path, bytes]) => now.get(path) === blobId(bytes))
  if (isThere && (keepOthers || now.size === files.size)) return false
  const ref = refOf(branch)
  const from = now.size > 0 ? `${ref}^0` : null
  await importCommits(folder, [{ ref, from, message, files, ...(keepOthers ? {} : { tree: null }) }])
  return true
}

/** The files of a branch; none when there is no such branch. */
export async function readBranchFiles(
  layout: YardLayout,
  repository: RepositoryName,
  branch: string,
): Promise<Map<string, Uint8Array>> {
  const files = [...(await listFiles(layout, repository, branch))]
  const blobs = await readObjects(
    layout.repository(repository),
    files.map(([, id]) => id),
  )
  return new Map(files.map(([path], index) => [path, blobs[index]?.data ?? Buffer.alloc(0)]))
}

const refOf = (branch: string) => (branch.startsWith('refs/') ? branch : `refs/heads/${branch}`)

/** Paths and blob ids. */
async function listFiles(layout: YardLayout, repository: RepositoryName, branch: string): Promise<Map<string, string>> {
  const args = ['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', refOf(branch)]
  const { exitCode, stdout } = await runCommand(gitCommand(layout.repository(repository), args))
  if (exitCode !== 0) return new Map()
  const entries = stdout.toString('utf8').split('\0').filter(Boolean)
  return new Map(entries.map((entry) => [entry.slice(entry.indexOf('\t') + 1), entry.split(' ')[2]!.slice(0, 40)]))
}

/** How git names a file's content. */
function blobId(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}
