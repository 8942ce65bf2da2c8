// How every git of the yard is started: nothing of the machine's or the caller's configuration reaches it.
import type { Command } from '../exec/command.ts'

/** Whom the yard's own commits are by. */
export const AUTHOR = { name: 'edgeyard', email: 'edgeyard@localhost' } as const

/** The id that stands for "no commit": of a ref that is made (old) or deleted (new). */
export const NO_COMMIT = '0'.repeat(40)

/**
 * The whole environment of a git. `GIT_DIR` is explicit, so git neither searches for a repository nor minds whose it is,
 * and replacement refs cannot show other objects than those that were pushed.
 */
export function gitEnvironment(folder: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    // git wants a home; this one holds no configuration.
    HOME: '/nonexistent',
    LANG: 'C.UTF-8',
    GIT_DIR: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_AUTHOR_NAME: AUTHOR.name,
    GIT_AUTHOR_EMAIL: AUTHOR.email,
    GIT_COMMITTER_NAME: AUTHOR.name,
    GIT_COMMITTER_EMAIL: AUTHOR.email,
  }
}

/** Where the objects of a push lie until its refs are accepted: git's variables, for the commands that read them only. */
export type Quarantine = Readonly<Record<string, string>>

/** A git command on a bare repository, for `devenv/exec`: for what is binary, or long, or must be quick. */
export function gitCommand(folder: string, args: readonly string[], quarantine: Quarantine = {}): Command {
  return { file: 'git', args, cwd: folder, env: { ...gitEnvironment(folder), ...quarantine } }
}
