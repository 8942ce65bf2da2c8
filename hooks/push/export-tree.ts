// The files of a pushed commit into a fresh folder: read as objects, never checked out or archived, so that no attribute,
// filter, link or submodule of the pushed tree can have a say in what is written where.
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Quarantine } from '../../devenv/git/git.ts'
import { withObjects } from '../../devenv/git/object-reader.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { writeShared } from '../build/write-shared.ts'
import { checkTree, type TreeFile, type TreeQuotas, tooManyFiles } from '../validate/check-tree.ts'
import { listingBytesMax } from '../validate/limits.ts'
import { listTree } from './list-tree.ts'

export interface TreeInput {
  /** The bare repository. */
  readonly repository: string
  readonly commit: string
  readonly quarantine: Quarantine
  readonly quotas: TreeQuotas
}

export interface ExportInput extends Pick<TreeInput, 'repository' | 'quarantine'> {
  readonly files: readonly TreeFile[]
  /** Exists and is empty. */
  readonly folder: string
  /** A release whose files are shared where they are the same; null: none. */
  readonly base: string | null
  /** What is in the files, in their order, where {@link readContents} has read it. */
  readonly contents?: Contents | null | undefined
}

export type Contents = readonly (Uint8Array | undefined)[]

/** What of a commit is in memory at a time, a single file apart. */
const PART_BYTES_MAX = 24 * 1024 * 1024
/** Files open at once. */
const WRITES_AT_ONCE = 16
const FILES_A_TURN = 50

/** Looks at a commit before any other git command may walk through it. Throws `TREE_REFUSED`. */
export async function requireTree({ repository, commit, quarantine, quotas }: TreeInput): Promise<TreeFile[]> {
  const bytesMax = listingBytesMax(quotas.files)
  const listing = await withObjects(repository, quarantine, (objects) => listTree(objects, commit, bytesMax))
  if (listing === null) throw tooManyFiles(`more than ${quotas.files}`, quotas)
  return checkTree(listing, quotas)
}

/** Reads files that {@link requireTree} has given; null when they are too large together to be held at once. */
export async function readContents(
  { repository, quarantine }: Pick<TreeInput, 'repository' | 'quarantine'>,
  files: readonly TreeFile[],
): Promise<Contents | null> {
  if (files.reduce((sum, { bytes }) => sum + bytes, 0) > PART_BYTES_MAX) return null
  const ids = files.map(({ id }) => id)
  const blobs = await withObjects(repository, quarantine, (objects) => objects.read(ids))
  return blobs.map((blob) => blob?.data)
}

/** Writes files that {@link requireTree} has given, 0444 in folders of 0755. Throws `TREE_REFUSED` when they cannot lie side by side. */
export async function exportTree({ folder, base, files, contents, ...input }: ExportInput): Promise<void> {
  try {
    for (const parent of parentsOf(files)) await mkdir(join(folder, parent), { recursive: true, mode: 0o755 })
    if (contents != null) return await writeFiles({ folder, base }, files, contents)
    for (const part of inParts(files)) await writeFiles({ folder, base }, part, (await readContents(input, part)) ?? [])
  } catch (cause) {
    const { code, path, dest = path } = cause as NodeJS.ErrnoException & { readonly dest?: string }
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw cause
    // git lets a tree name a file twice, or once as a file and once as a folder.
    throw new EdgeyardError(
      'TREE_REFUSED',
      `Cannot take "${dest?.slice(folder.length + 1)}": the commit has it twice`,
      {
        cause,
      },
    )
  }
}

async function writeFiles(
  { folder, base }: { folder: string; base: string | null },
  files: readonly TreeFile[],
  contents: Contents,
): Promise<void> {
  const waiting = files.map(({ path }, index) => ({ path, data: contents[index] }))
  const write = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      await writeShared({ folder, base, ...next })
      // What is shared with the base is made at once; other pushes have their turn between.
      if (waiting.length % FILES_A_TURN === 0) await setImmediate()
    }
  }
  await Promise.all(Array.from({ length: WRITES_AT_ONCE }, write))
}

/** As many files at a time as may lie in memory; one at least. */
function* inParts(files: readonly TreeFile[]): Generator<TreeFile[]> {
  let part: TreeFile[] = []
  let sum = 0
  for (const file of files) {
    if (part.length > 0 && sum + file.bytes > PART_BYTES_MAX) {
      yield part
      part = []
      sum = 0
    }
    part.push(file)
    sum += file.bytes
  }
  if (part.length > 0) yield part
}

function parentsOf(files: readonly TreeFile[]): Set<string> {
  return new Set(files.map(({ path }) => dirname(path)))
}
