// Three texts into one, and two side by side, as git does it: on files, in a folder for a moment.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { runCommand } from '../exec/run-command.ts'
import { gitCommand } from './git.ts'

export interface Conflict {
  /** Of `mine`, from 1. */
  readonly line: number
  readonly mine: string
  readonly theirs: string
}

export interface Merged {
  /** With conflicts: nobody's text. */
  readonly text: string
  readonly conflicts: readonly Conflict[]
}

export async function mergeText({ mine, base, theirs }: Record<'mine' | 'base' | 'theirs', string>): Promise<Merged> {
  const text = await inFolder({ mine, base, theirs }, async (folder) => {
    const ended = await runCommand(gitCommand(folder, ['merge-file', '-p', '--quiet', 'mine', 'base', 'theirs']))
    // The number of conflicts, and what is above that is an error.
    if (ended.exitCode === null || ended.exitCode > CONFLICTS_MAX)
      throw new EdgeyardError('COMMAND_FAILED', `git merge-file failed: ${ended.stderr.trim()}`)
    return ended.stdout.toString('utf8')
  })
  return { text, conflicts: readConflicts(text, mine) }
}

const CONFLICTS_MAX = 127

/** From the first text to the second, as a patch of one file; empty when they are the same. */
export async function diffText(file: string, from: string, to: string): Promise<string> {
  return await inFolder({ from, to }, async (folder) => {
    const { stdout } = await runCommand(gitCommand(folder, ['diff', '--no-index', '--no-color', '--', 'from', 'to']))
    const hunks = stdout.toString('utf8').split('\n').slice(4).join('\n')
    return hunks === '' ? '' : `--- ${file}\n+++ ${file}\n${hunks}`
  })
}

function readConflicts(text: string, mine: string): Conflict[] {
  const lines = mine.split('\n')
  let after = 0
  return [...text.matchAll(/^<{7} mine\n([\s\S]*?)^={7}\n([\s\S]*?)^>{7} theirs$/gm)].map((match) => {
    const own = match[1]!.split('\n').slice(0, -1)
    const at = lines.findIndex((_line, index) => index >= after && own.every((line, i) => lines[index + i] === line))
    const line = at === -1 ? after : at
    after = line + own.length
    return { line: line + 1, mine: match[1]!, theirs: match[2]! }
  })
}

async function inFolder<T>(files: Readonly<Record<string, string>>, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeyard-merge-'))
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
