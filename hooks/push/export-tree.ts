// The files of a pushed commit into a fresh folder: read as objects, never checked out or archived, so that no attribute,
// filter, link or submodule of the pushed tree can have a say in what is written where.
import { mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeCommand } from '../../devenv/exec/pipe-command.ts'
import { gitCommand, type Quarantine } from '../../devenv/git/git.ts'
import { readObjects } from '../../devenv/git/read-objects.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { checkTree, type TreeFile } from '../validate/check-tree.ts'
import { LISTING_BYTES_MAX } from '../validate/limits.ts'

export interface ExportInput {
  /** The bare repository. */
  readonly repository: string
  readonly commit: string
  readonly quarantine: Quarantine
  /** Exists and is empty. */
  readonly folder: string
}

/** Files open at once. */
const WRITES_AT_ONCE = 16

/** Looks at a commit before any other git command may walk through it. Throws `TREE_REFUSED`. */
export async function requireTree(repository: string, commit: string, quarantine: Quarantine): Promise<void> {
  checkTree(await listTree(repository, commit, quarantine))
}

/** Writes the files, 0644 in folders of 0755, and returns them. Throws `TREE_REFUSED` before anything is written. */
export async function exportTree({ repository, commit, quarantine, folder }: ExportInput): Promise<TreeFile[]> {
  const files = checkTree(await listTree(repository, commit, quarantine))
  const blobs = await readObjects(
    repository,
    files.map(({ id }) => id),
    quarantine,
  )
  try {
    for (const parent of parentsOf(files)) await mkdir(join(folder, parent), { recursive: true, mode: 0o755 })
    const waiting = files.map((file, index) => ({ file: join(folder, file.path), data: blobs[index]?.data }))
    const write = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) await writeNew(next.file, next.data)
    }
    await Promise.all(Array.from({ length: WRITES_AT_ONCE }, write))
  } catch (cause) {
    const { code, path } = cause as NodeJS.ErrnoException
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw cause
    // git lets a tree name a file twice, or once as a file and once as a folder.
    throw new EdgeyardError(
      'TREE_REFUSED',
      `Cannot take "${path?.slice(folder.length + 1)}": the commit has it twice`,
      {
        cause,
      },
    )
  }
  return files
}

/** git's listing; git is stopped when it gets too long: a few small trees inside each other can name 10^10 files. */
async function listTree(repository: string, commit: string, quarantine: Quarantine): Promise<Buffer> {
  const args = ['ls-tree', '-r', '-l', '-z', '--full-tree', '--end-of-options', commit]
  const git = await pipeCommand(gitCommand(repository, args, quarantine))
  git.stdin.end()
  let stderr = ''
  git.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < 1000) stderr += chunk.toString()
  })
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of git.stdout) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes <= LISTING_BYTES_MAX) continue
    git.kill('SIGKILL')
    throw new EdgeyardError('TREE_REFUSED', 'Cannot take the commit: it has too many files')
  }
  const { exitCode } = await git.ended
  if (exitCode === 0) return Buffer.concat(chunks)
  throw new EdgeyardError('COMMAND_FAILED', `Cannot list commit ${commit}: git said "${stderr.trim()}"`)
}

function parentsOf(files: readonly TreeFile[]): Set<string> {
  return new Set(files.map(({ path }) => dirname(path)))
}

/** A new file, on the disk before it counts: a release is reused for as long as it is there. Throws `EEXIST`. */
export async function writeNew(file: string, data: Uint8Array | undefined): Promise<void> {
  if (data === undefined) throw new EdgeyardError('TREE_REFUSED', `Cannot take "${file}": its content is missing`)
  const handle = await open(file, 'wx', 0o644)
  try {
    await handle.writeFile(data)
    await handle.datasync()
  } finally {
    await handle.close()
  }
}
