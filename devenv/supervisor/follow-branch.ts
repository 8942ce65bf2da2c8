// What a push has booted goes live when git has moved its branch. git tells us so with a post-receive, which has to be started
// first; the file of the branch is there before that.
import { watch } from 'node:fs'
import { join } from 'node:path'
import type { SandboxName } from '../../servers/contract/names.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { readSmall } from '../state/read-small.ts'
import { CANDIDATE_EXPIRES_MS } from './candidates.ts'

/**
 * Calls `moved` when git moves the branch of a sandbox to this commit (40 hex digits), or never: the push may be refused after all,
 * somebody else's may come before it, and where nothing can be watched its post-receive is the first to say so.
 */
export function followBranch(
  layout: YardLayout,
  { server, developer }: SandboxName,
  { commit, moved }: { commit: string; moved(): void },
): void {
  const heads = join(layout.repository(server), 'refs/heads')
  try {
    const watcher = watch(heads, { persistent: false })
    const expiry = setTimeout(() => watcher.close(), CANDIDATE_EXPIRES_MS).unref()
    watcher.on('error', () => watcher.close())
    watcher.on('close', () => clearTimeout(expiry))
    watcher.on('change', (_kind, name) => {
      if (name !== developer) return
      watcher.close()
      if (isAt(join(heads, developer), commit)) moved()
    })
  } catch {
    // The user has used up what the kernel lets them watch.
  }
}

function isAt(file: string, commit: string): boolean {
  try {
    return readSmall(file)?.trim() === commit
  } catch {
    return false
  }
}
