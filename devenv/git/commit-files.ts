// A branch of the yard's own, which nobody pushes: its files are exactly these, and it moves only when they change.
import { createHash } from 'node:crypto'
import type { RepositoryName } from '../../servers/contract/names.ts'
import { runCommand, runOk } from '../exec/run-command.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { AUTHOR, gitCommand } from './git.ts'
import { readObjects } from './read-objects.ts'

export interface FilesCommit {
  readonly repository: RepositoryName
  /** A branch's name, or a whole ref, `refs/…`. */
  readonly branch: string
  /** By path with `/`. */
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly message: string
}

/** False when the branch has these files already. No hook sees it. */
export async function commitFiles(layout: YardLayout, commit: FilesCommit): Promise<boolean> {
  const folder = layout.repository(commit.repository)
  const now = await listFiles(layout, commit.repository, commit.branch)
  const same =
    now.size === commit.files.size && [...commit.files].every(([path, bytes]) => now.get(path) === blobId(bytes))
  if (same) return false
  const { branch, files, message } = commit
  const seconds = Math.floor(Date.now() / 1000)
  const parts: (string | Uint8Array)[] = [`feature done\ncommit ${refOf(branch)}\n`]
  const data = (bytes: Uint8Array) => parts.push(`data ${bytes.length}\n`, bytes, '\n')
  parts.push(`committer ${AUTHOR.name} <${AUTHOR.email}> ${seconds} +0000\n`)
  data(Buffer.from(message))
  if (now.size > 0) parts.push(`from ${refOf(branch)}^0\n`)
  parts.push('deleteall\n')
  for (const [path, bytes] of files) {
    parts.push(`M 100644 inline ${path}\n`)
    data(bytes)
  }
  parts.push('done\n')
  const input = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
  await runOk(gitCommand(folder, ['fast-import', '--quiet', '--done']), { input })
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
