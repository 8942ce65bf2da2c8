// Repositories are tidied here and nowhere else: never by a push, which somebody waits for.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../exec/run-command.ts'
import { gitCommand } from './git.ts'

/** Single objects: beyond it git looks through folders of hundreds of files for each. A push brings about ten. */
const LOOSE_MAX = 2_000
/** Packs: every object is looked for in each of them. A larger push brings one. */
const PACKS_MAX = 20
/** What nobody refers to any more is kept so long: for a developer who wants a commit back, and for pushes at work. */
const UNREACHABLE_KEPT = '30.days.ago'
/** Minutes for a repository of gigabytes; what is not done then is begun anew the next time, and nothing is half done. */
const TIDY_TIMEOUT_MS = 15 * 60_000
const COUNT_TIMEOUT_MS = 60_000

/** Whether a repository has got so many files that it should be tidied. */
export async function needsTidying(folder: string, max = { loose: LOOSE_MAX, packs: PACKS_MAX }): Promise<boolean> {
  const objects = join(folder, 'objects')
  const [fans, packs] = await Promise.all([readdir(objects), readdir(join(objects, 'pack')).catch(() => [])])
  if (packs.filter((name) => name.endsWith('.pack')).length > max.packs) return true
  const folders = fans.filter((name) => /^[0-9a-f]{2}$/.test(name))
  const counts = await Promise.all(folders.map(async (name) => (await readdir(join(objects, name))).length))
  return counts.reduce((sum, count) => sum + count, 0) > max.loose
}

/**
 * One pack instead of many files, at the lowest priority. git keeps what a push is about to refer to, so that pushes go on
 * meanwhile. Resolves with git's complaint, or null. `signal` ends it early: what is not done then is for the next time.
 */
export async function tidyRepository(folder: string, signal: AbortSignal): Promise<string | null> {
  const settings = [
    `gc.pruneExpire=${UNREACHABLE_KEPT}`,
    `gc.reflogExpireUnreachable=${UNREACHABLE_KEPT}`,
    'gc.autoDetach=false',
    'pack.threads=1',
  ]
  const args = [...settings.flatMap((setting) => ['-c', setting]), 'gc', '--quiet', '--no-cruft']
  const { exitCode, stderr, timedOut } = await runLow(folder, args, { timeoutMs: TIDY_TIMEOUT_MS, signal })
  if (timedOut) return 'its time was up'
  return exitCode === 0 ? null : stderr.trim()
}

/** Bytes that a commit and its history hold in the repository beyond what `base` does; null when it cannot be told. */
export async function measureCommit(
  folder: string,
  { commit, base }: { readonly commit: string; readonly base: string | null },
  signal: AbortSignal,
): Promise<number | null> {
  const args = ['rev-list', '--disk-usage', '--objects', commit, ...(base === null ? [] : [`^${base}`]), '--']
  const { exitCode, stdout } = await runLow(folder, args, { timeoutMs: COUNT_TIMEOUT_MS, signal })
  const bytes = Number(stdout.toString('latin1').trim())
  return exitCode === 0 && Number.isSafeInteger(bytes) ? bytes : null
}

/** git, where everybody else goes first. */
function runLow(folder: string, args: readonly string[], options: { timeoutMs: number; signal: AbortSignal }) {
  const { file, ...git } = gitCommand(folder, args)
  return runCommand({ ...git, file: 'nice', args: ['-n', '19', file, ...args] }, options)
}
