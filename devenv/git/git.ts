// How every git of the yard is started: nothing of the machine's or the caller's configuration reaches it.
import { type SimpleGit, simpleGit } from 'simple-git'
import { MASTER } from '../../servers/contract/names.ts'
import type { Command } from '../exec/command.ts'

/** Whom the yard's own commits are by. */
export const AUTHOR = { name: 'edgeyard', email: 'edgeyard@localhost' } as const

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

/** simple-git on a bare repository that exists. `global` is a configuration file in place of none. */
export function gitOf(folder: string, options: { global?: string; onStderr?(chunk: Buffer): void } = {}): SimpleGit {
  const environment = { ...gitEnvironment(folder), GIT_CONFIG_GLOBAL: options.global ?? '/dev/null' }
  // simple-git drops every GIT_ variable that is not named here, and asks for a second yes to what names files.
  const git = simpleGit({
    baseDir: folder,
    allowEnvironment: Object.keys(environment).filter((name) => name.startsWith('GIT_')),
    unsafe: { allowUnsafeConfigPaths: true, allowUnsafeTemplateDir: true },
  }).env(environment)
  const { onStderr } = options
  if (onStderr) git.outputHandler((_command, _stdout, stderr) => stderr.on('data', onStderr))
  return git
}

/** Makes a bare repository in a folder that exists, without what the machine's template would add: sample hooks and the like. */
export async function initBare(folder: string): Promise<void> {
  await gitOf(folder).raw(['init', '--quiet', '--bare', '--template=', `--initial-branch=${MASTER}`])
}
