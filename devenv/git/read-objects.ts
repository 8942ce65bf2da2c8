// Objects out of a repository, byte for byte and many at once: `git cat-file --batch`.
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { runOk } from '../exec/run-command.ts'
import { gitCommand, type Quarantine } from './git.ts'

export interface GitObject {
  readonly id: string
  readonly type: string
  readonly data: Buffer
}

/** An entry of a tree object. `name` is bytes read as Latin-1: nothing is lost, and ASCII reads as itself. */
export interface TreeEntry {
  readonly mode: string
  readonly name: string
  readonly id: string
}

/** Reads objects by name (`<commit>`, `refs/heads/dev1^{tree}`), in order; null for what is not there. Names hold no newline. */
export async function readObjects(
  folder: string,
  names: readonly string[],
  quarantine?: Quarantine,
): Promise<(GitObject | null)[]> {
  if (names.length === 0) return []
  const input = names.map((name) => `${name}\n`).join('')
  const { stdout } = await runOk(gitCommand(folder, ['cat-file', '--batch', '--buffer'], quarantine), { input })
  let at = 0
  return names.map((name) => {
    const end = stdout.indexOf(10, at)
    const head = stdout.toString('latin1', at, end)
    at = end + 1
    const match = /^([0-9a-f]{40}) ([a-z]+) (\d+)$/.exec(head)
    if (match === null) {
      if (end !== -1 && head.endsWith(' missing')) return null
      throw new EdgeyardError('COMMAND_FAILED', `Cannot read object ${name}: git cat-file said "${head.slice(0, 200)}"`)
    }
    const data = stdout.subarray(at, at + Number(match[3]))
    at += data.length + 1
    return { id: match[1]!, type: match[2]!, data }
  })
}

/** The id of a commit object's tree; null for what is none. git-commit: the first line. */
export function treeOf({ type, data }: GitObject): string | null {
  if (type !== 'commit') return null
  return /^tree ([0-9a-f]{40})\n/.exec(data.toString('latin1', 0, 46))?.[1] ?? null
}

/** The entries of a tree object. Throws COMMAND_FAILED for what is none. */
export function parseTree(data: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = []
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(32, at)
    const zero = space === -1 ? -1 : data.indexOf(0, space)
    if (zero === -1) throw new EdgeyardError('COMMAND_FAILED', 'Cannot read a tree of git: it is spoilt')
    entries.push({
      mode: data.toString('latin1', at, space).padStart(6, '0'),
      name: data.toString('latin1', space + 1, zero),
      id: data.toString('hex', zero + 1, zero + 21),
    })
    at = zero + 21
  }
  return entries
}
