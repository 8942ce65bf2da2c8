// simple-git for the yard's bare repositories. Apart from git.ts, because loading it takes as long as half of a hook's work.
import { type SimpleGit, simpleGit } from 'simple-git'
import { MASTER } from '../../servers/contract/names.ts'
import { gitEnvironment } from './git.ts'

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
