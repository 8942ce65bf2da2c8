// All files of a commit, in the words of `git ls-tree -r -l -z --full-tree`, which a git of its own would take longer to say.
import type { ObjectReader } from '../../devenv/git/object-reader.ts'
import { parseTree, treeOf } from '../../devenv/git/read-objects.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'

interface Entry {
  readonly mode: string
  /** Bytes as Latin-1. */
  readonly path: string
  readonly id: string
}

const TREE = '040000'
const SUBMODULE = '160000'
/** What an entry has beside its path: mode, type, id and size. */
const ENTRY_BYTES = 80
/** Folders are not listed, and there may be more of them than files. */
const FOLDERS_SHARE = 4

/**
 * Null when the listing gets longer than `bytesMax`: a few small trees inside each other can name 10^10 files. Rejects with
 * COMMAND_FAILED when something is not there.
 */
export async function listTree(reader: ObjectReader, commit: string, bytesMax: number): Promise<Buffer | null> {
  const root = await rootOf(reader, commit)
  let [fileBytes, folderBytes] = [0, 0]
  const files: Entry[] = []
  let folders: Entry[] = [{ mode: TREE, path: '', id: root }]
  while (folders.length > 0) {
    const trees = await readTrees(reader, folders, bytesMax)
    if (trees === null) return null
    const inside: Entry[] = []
    for (const { path, id } of folders) {
      for (const { mode: written, name, id: entryId } of trees.get(id)!) {
        const mode = readMode(written)
        const entry = { mode, path: path === '' ? name : `${path}/${name}`, id: entryId }
        const bytes = entry.path.length + ENTRY_BYTES
        if (mode === TREE) {
          folderBytes += bytes
          inside.push(entry)
        } else {
          fileBytes += bytes
          files.push(entry)
        }
        if (fileBytes > bytesMax || folderBytes > FOLDERS_SHARE * bytesMax) return null
      }
    }
    folders = inside
  }
  return await describe(reader, files)
}

/** As git reads it, whatever else was written: of a file's permissions it knows one. */
function readMode(written: string): string {
  const mode = Number.parseInt(written, 8)
  switch (mode & 0o170000) {
    case 0o040000:
      return TREE
    case 0o100000:
      return mode & 0o100 ? '100755' : '100644'
    case 0o120000:
      return '120000'
    default:
      return SUBMODULE
  }
}

/** Somebody may write a long story into one. */
const COMMIT_BYTES_MAX = 16 * 1024 * 1024

async function rootOf(reader: ObjectReader, commit: string): Promise<string> {
  const [head] = await reader.heads([commit])
  if (head?.type !== 'commit' || head.bytes > COMMIT_BYTES_MAX) throw failed(commit, 'it is not there, or no commit')
  const [object] = await reader.read([commit])
  const tree = treeOf(object!)
  if (tree === null) throw failed(commit, 'it has no tree')
  return tree
}

/** Their entries by their ids; null when they are too large to be looked at. */
async function readTrees(reader: ObjectReader, folders: readonly Entry[], bytesMax: number) {
  const ids = [...new Set(folders.map(({ id }) => id))]
  const heads = await reader.heads(ids)
  const missing = heads.findIndex((head) => head?.type !== 'tree')
  if (missing !== -1) throw failed(ids[missing]!, 'it is not there, or no tree')
  if (heads.reduce((sum, head) => sum + head!.bytes, 0) > bytesMax) return null
  const trees = await reader.read(ids)
  return new Map(ids.map((id, n) => [id, parseTree(trees[n]!.data)]))
}

async function describe(reader: ObjectReader, files: readonly Entry[]): Promise<Buffer> {
  const ids = [...new Set(files.filter(({ mode }) => mode !== SUBMODULE).map(({ id }) => id))]
  const heads = await reader.heads(ids)
  const known = new Map(ids.map((id, n) => [id, heads[n]]))
  const lines = [...files].sort(byPath).map(({ mode, path, id }) => {
    const head = mode === SUBMODULE ? { type: 'commit', bytes: '-' } : known.get(id)
    if (head == null) throw failed(id, 'it is not there')
    return `${mode} ${head.type} ${id} ${head.bytes}\t${path}\0`
  })
  return Buffer.from(lines.join(''), 'latin1')
}

/** Byte for byte, as git sorts them. */
function byPath({ path: one }: Entry, { path: other }: Entry): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function failed(id: string, why: string): EdgeyardError {
  return new EdgeyardError('COMMAND_FAILED', `Cannot list ${id}: ${why}`)
}
