// What a push has booted goes live when git has moved its branch. git tells us so with a post-receive, which has to be started
// first; the file of the branch is there before that.
import { watch } from 'node:fs'
import { join } from 'node:path'
import type { SandboxName } from '../../servers/contract/names.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { CANDIDATE_EXPIRES_MS } from './candidates.ts'

/**
 * Calls `moved` when git writes the branch of a sandbox, once, or never: the push may be refused after all, and where nothing can
 * be watched its post-receive is the first to say so.
 */
export function followBranch(layout: YardLayout, { server, developer }: SandboxName, moved: () => void): void {
  try {
    const watcher = watch(join(layout.repository(server), 'refs/heads'), { persistent: false })
    const expiry = setTimeout(() => watcher.close(), CANDIDATE_EXPIRES_MS).unref()
    watcher.on('error', () => watcher.close())
    watcher.on('close', () => clearTimeout(expiry))
    watcher.on('change', (_kind, name) => {
      if (name !== developer) return
      watcher.close()
      moved()
    })
  } catch {
    // The user has used up what the kernel lets them watch.
  }
}
