// The yard's bare repositories: made once, and put right at every start.
import { chmod, mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import writeFileAtomic from 'write-file-atomic'
import { REPOSITORIES } from '../../servers/contract/names.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { renderRepositoryConfig } from './repository-config.ts'
import { removeStaleLocks } from './stale-locks.ts'

/** The hooks git calls: `hooks/push`. */
const HOOKS = ['pre-receive', 'proc-receive', 'post-receive'] as const

/**
 * Makes the bare repositories of a yard with their configuration, and installs the hooks outside them, so that nothing
 * which is pushed can lie where git looks for a program. Idempotent; without anything to do it reads a few files.
 */
export async function ensureRepositories(layout: YardLayout): Promise<void> {
  await mkdir(layout.hooks, { recursive: true })
  const git = join(layout.hooks, '..')
  // Every developer's code lies here: it is not for the users that the sandboxes run as.
  if (((await stat(git)).mode & 0o777) !== 0o700) await chmod(git, 0o700)
  await Promise.all([
    ...HOOKS.map((hook) => writeWhenChanged(join(layout.hooks, hook), renderHook(hook, layout), 0o755)),
    ...REPOSITORIES.map(async (name) => {
      const folder = layout.repository(name)
      if (!(await isRepository(folder))) await initRepository(folder)
      await removeStaleLocks(folder, Date.now())
      await writeWhenChanged(join(folder, 'config'), renderRepositoryConfig({ hooks: layout.hooks }), 0o644)
    }),
  ])
}

async function isRepository(folder: string): Promise<boolean> {
  const found = await Promise.all(
    ['HEAD', 'objects', 'refs'].map((entry) =>
      stat(join(folder, entry)).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.every(Boolean)
}

async function initRepository(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  // Loaded here: a start with nothing to make does without simple-git.
  await (await import('./simple.ts')).initBare(folder)
}

/**
 * Hands the hook's work to the process that waits for it, and starts a program of its own where there is none. The root is written
 * down, so that no caller can choose another; nothing of theirs has a say in how either is started.
 */
function renderHook(hook: (typeof HOOKS)[number], layout: Pick<YardLayout, 'root' | 'hookCalls'>): string {
  const at = (name: string) => quote(fileURLToPath(new URL(`../../hook-programs/${name}`, import.meta.url)))
  const alone = `${quote(process.execPath)} ${at('run-alone.js')}`
  const socket = quote(layout.hookCalls)
  return `#!/bin/sh
unset NODE_OPTIONS NODE_PATH PERL5OPT PERL5LIB PERLLIB PERL5DB
export PERL_BADLANG=0 EDGEYARD_ROOT=${quote(layout.root)}
[ -S ${socket} ] && [ -x ${PERL} ] && exec ${PERL} ${at('relay.pl')} ${socket} ${hook} ${alone}
exec ${alone} ${hook}
`
}

/** Debian's own, which every system has. */
const PERL = '/usr/bin/perl'

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

async function writeWhenChanged(file: string, text: string, mode: number): Promise<void> {
  const [old, { mode: oldMode }] = await Promise.all([
    readFile(file, 'utf8').catch(() => null),
    stat(file).catch(() => ({ mode: 0 })),
  ])
  if (old !== text || (oldMode & 0o777) !== mode) await writeFileAtomic(file, text, { mode })
}
