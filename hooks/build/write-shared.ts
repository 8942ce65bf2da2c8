// A file of a release: the very file of another release where that has the same content, so that it is stored, and waited for,
// once. Nobody writes to either: both are read-only, and belong to whoever runs the hooks.
import { closeSync, constants, fstatSync, linkSync, lstatSync, openSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeyardError } from '../../servers/contract/errors.ts'

/** File systems allow some 65,000 names of a file; beyond this a new one is begun. */
const LINKS_MAX = 50_000

export interface SharedFile {
  readonly folder: string
  /** The folder of the release that may have it already. */
  readonly base: string | null
  readonly path: string
  readonly data: Uint8Array | undefined
}

/** Makes `path` in `folder`, 0444. Throws `EEXIST`, and `TREE_REFUSED` without data. */
export async function writeShared({ folder, base, path, data }: SharedFile): Promise<void> {
  const file = join(folder, path)
  if (data === undefined) throw new EdgeyardError('TREE_REFUSED', `Cannot take "${file}": its content is missing`)
  if (base !== null && linkSame(join(base, path), file, data)) return
  await writeNew(file, data)
}

/**
 * False when the other file is not there, not the same, or not one that stays as it is. Whoever calls waits: of thousands of
 * files nearly all are the same, and a promise for each of these calls takes five times as long as the call.
 */
function linkSame(other: string, file: string, data: Uint8Array): boolean {
  const opened = openOrNull(other)
  if (opened === null) return false
  try {
    const found = fstatSync(opened)
    const isOurs = found.isFile() && found.uid === process.getuid?.() && (found.mode & 0o777) === 0o444
    if (!isOurs || found.size !== data.length || found.nlink >= LINKS_MAX) return false
    if (!readFileSync(opened).equals(data)) return false
    linkSync(other, file)
    return lstatSync(file).ino === found.ino
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    return false
  } finally {
    closeSync(opened)
  }
}

function openOrNull(file: string): number | null {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return null
  }
}

/** A new file, on the disk before it counts: a release is reused for as long as it is there. */
async function writeNew(file: string, data: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o444)
  try {
    await handle.writeFile(data)
    await handle.datasync()
  } finally {
    await handle.close()
  }
}
