// A commit by the yard itself, pushed as a person would push it: through the hooks, so that nothing gets in unchecked.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import type { RepositoryName } from '../../servers/contract/names.ts'
import { runOk } from '../exec/run-command.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { importCommits } from './fast-import.ts'
import { gitCommand } from './git.ts'
import { listBranches } from './refs.ts'
import { remoteLines } from './remote-lines.ts'
import { gitOf, initBare } from './simple.ts'

export interface FilesPush {
  readonly repository: RepositoryName
  readonly branches: readonly string[]
  /** By path with `/`, or a folder whose files are taken. What is not named stays as it is on the branch. */
  readonly files: ReadonlyMap<string, Uint8Array> | string
  readonly message: string
  /** What the hooks say, line by line. */
  onProgress?(line: string): void
}

/**
 * Puts files on branches, in one push: a commit on top of each branch, or its first one. A branch that holds the files
 * already is left alone. Returns the branches that moved, with their new commits. Throws `PUSH_REFUSED` with the hooks' words.
 */
export async function pushFiles(layout: YardLayout, push: FilesPush): Promise<Map<string, string>> {
  const target = layout.repository(push.repository)
  const files = typeof push.files === 'string' ? await readFolder(push.files) : push.files
  const tips = await listBranches(layout, push.repository)
  await mkdir(layout.scratch, { recursive: true, mode: 0o700 })
  const scratch = await mkdtemp(join(layout.scratch, 'push-'))
  try {
    await initScratch(scratch, target)
    const commits = await importCommits(
      scratch,
      push.branches.map((branch) => {
        return { ref: `refs/heads/${branch}`, from: tips.get(branch) ?? null, message: push.message, files }
      }),
    )
    const changed = await changedBranches(scratch, push.branches, tips, commits)
    if (changed.size > 0) await pushThroughHooks(scratch, target, changed, push)
    return changed
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** A repository for a moment, which sees the target's objects and writes none there. */
async function initScratch(scratch: string, target: string): Promise<void> {
  await initBare(scratch)
  await mkdir(join(scratch, 'objects', 'info'), { recursive: true })
  await writeFile(join(scratch, 'objects', 'info', 'alternates'), `${join(target, 'objects')}\n`)
  // The repository may belong to another user than the one who starts the yard; git asks a configuration file about that.
  await writeFile(join(scratch, 'global'), '[safe]\n\tdirectory = *\n')
}

/** Those whose new commit differs from the branch in its files. */
async function changedBranches(
  scratch: string,
  branches: readonly string[],
  tips: ReadonlyMap<string, string>,
  commits: readonly string[],
): Promise<Map<string, string>> {
  const trees = branches.flatMap((branch, index) => [
    `${commits[index]}^{tree}`,
    `${tips.get(branch) ?? commits[index]}^{tree}`,
  ])
  const input = trees.map((tree) => `${tree}\n`).join('')
  const { stdout } = await runOk(gitCommand(scratch, ['cat-file', '--batch-check=%(objectname)']), { input })
  const ids = stdout.toString('latin1').split('\n')
  return new Map(
    branches.flatMap((branch, index) =>
      tips.has(branch) && ids[2 * index] === ids[2 * index + 1] ? [] : [[branch, commits[index]!] as const],
    ),
  )
}

async function pushThroughHooks(
  scratch: string,
  target: string,
  commits: ReadonlyMap<string, string>,
  { repository, onProgress }: FilesPush,
): Promise<void> {
  const said: string[] = []
  const lines = remoteLines((line) => {
    said.push(line)
    onProgress?.(line)
  })
  const git = gitOf(scratch, { global: join(scratch, 'global'), onStderr: lines.write })
  const refs = [...commits].map(([branch, commit]) => `${commit}:refs/heads/${branch}`)
  try {
    await git.push([target, ...refs])
  } catch (cause) {
    const why = said.length > 0 ? said.join('\n') : messageOf(cause)
    throw new EdgeyardError(
      'PUSH_REFUSED',
      `Cannot push ${[...commits.keys()].join(', ')} to ${repository}: it was refused\n${why}`,
      {
        cause,
      },
    )
  } finally {
    lines.end()
  }
}

async function readFolder(folder: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(
    await Promise.all(files.sort().map(async (file) => [relative(folder, file), await readFile(file)] as const)),
  )
}
