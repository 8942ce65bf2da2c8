// Whether the files of a pushed commit may be written to disk. Pure: git's listing in, files or one error out.

import { bytesText, type Quotas } from '../../devenv/sandbox/quotas.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { DEPTH_MAX, FILE_BYTES_MAX, NAME_BYTES_MAX, PATH_BYTES_MAX } from './limits.ts'

export interface TreeFile {
  readonly path: string
  readonly id: string
  readonly bytes: number
}

/** The folder of a release that is ours: see `servers/contract/release.ts`. */
const BUILT = 'build'

/** What of the quotas a tree is measured by. */
export type TreeQuotas = Pick<Quotas, 'tree' | 'files'>

/** Reads `git ls-tree -r -l -z --full-tree`. Throws `TREE_REFUSED` naming the first file that may not be there, or how much is too much. */
export function checkTree(listing: Buffer, quotas: TreeQuotas): TreeFile[] {
  const files: TreeFile[] = []
  let sum = 0
  for (let at = 0; at < listing.length; ) {
    const end = listing.indexOf(0, at)
    const file = parseEntry(listing.subarray(at, end === -1 ? listing.length : end))
    sum += file.bytes
    files.push(file)
    if (end === -1) break
    at = end + 1
  }
  if (files.length > quotas.files) throw tooManyFiles(`${files.length}`, quotas)
  if (sum > quotas.tree) {
    throw refused(`refused: ${bytesText(sum)} of files, at most ${bytesText(quotas.tree)} (quota tree, yard.yml)`)
  }
  return files
}

function parseEntry(entry: Buffer): TreeFile {
  const tab = entry.indexOf(9)
  const [mode, type, id, size] = entry.toString('latin1', 0, tab).split(/ +/)
  const name = entry.subarray(tab + 1)
  const path = name.toString('utf8')
  const fail = (reason: string) => refused(`Cannot take "${path.slice(0, PATH_SHOWN_MAX)}": ${reason}`)

  if (mode === '120000')
    throw fail('it is a symbolic link, which could lead out of the release; commit the file itself')
  if (mode === '160000') throw fail('it is a submodule, which is not fetched here; commit its files')
  if (type !== 'blob' || !/^100(644|755|664)$/.test(mode ?? '')) throw fail(`git calls it ${type} ${mode}`)
  const bytes = Number(size)
  if (!Number.isSafeInteger(bytes)) throw fail('its size is unknown')
  if (bytes > FILE_BYTES_MAX)
    throw fail(`it has ${bytesText(bytes)}, a file may have at most ${bytesText(FILE_BYTES_MAX)}`)
  const reason = pathReason(name, path)
  if (reason) throw fail(reason)
  return { path, id: id!, bytes }
}

/** So much of a path is told: behind it there must be room for the reason. */
const PATH_SHOWN_MAX = 200

/** Why a path may not be written, or undefined. */
function pathReason(name: Buffer, path: string): string | undefined {
  if (name.length > PATH_BYTES_MAX) return `the path has ${name.length} bytes, at most ${PATH_BYTES_MAX} are taken`
  if (!Buffer.from(path, 'utf8').equals(name)) return 'the name is not UTF-8'
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return 'the name has a control character or a backslash'
  if (/[\u0080-\u009f\u2028-\u202e\u2066-\u2069]/.test(path))
    return 'the name has characters that hide, or turn text around'
  const parts = path.split('/')
  if (parts.length > DEPTH_MAX) return `it lies ${parts.length} folders deep, at most ${DEPTH_MAX} are taken`
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'the path leads elsewhere'
  if (parts.some((part) => part.toLowerCase() === '.git')) return 'a .git folder does not belong into a commit'
  if (parts.some((part) => Buffer.byteLength(part) > NAME_BYTES_MAX))
    return `a name is longer than ${NAME_BYTES_MAX} bytes`
  if (parts[0] === BUILT)
    return `${BUILT}/ is made here on every push; take it out of the commit (git rm -r --cached ${BUILT})`
  return undefined
}

/** `count`: as many as there are, as far as is known. */
export function tooManyFiles(count: string, quotas: TreeQuotas): EdgeyardError {
  return refused(`refused: ${count} files, at most ${quotas.files} (quota files, yard.yml)`)
}

function refused(message: string): EdgeyardError {
  return new EdgeyardError('TREE_REFUSED', message)
}
