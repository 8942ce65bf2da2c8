// A git that is killed while it writes a ref, or a machine that loses power, leaves a lock behind, and nobody could push to that
// branch any more: git itself never takes one away.
import { readdir, rm, stat } from 'node:fs/promises'
import { uptime } from 'node:os'
import { join } from 'node:path'

/** git holds the lock of a ref for milliseconds, that of all packed refs for seconds. */
export const LOCK_STALE_MS = 10 * 60_000

/** Takes away the locks of refs whose git has gone: those that are old, and those from before the machine started. */
export async function removeStaleLocks(folder: string, nowMs: number): Promise<readonly string[]> {
  const staleBeforeMs = Math.max(nowMs - LOCK_STALE_MS, nowMs - uptime() * 1000)
  // A folder may go while it is read: the next look finds the rest.
  const refs = await readdir(join(folder, 'refs'), { recursive: true }).catch(() => [])
  // No ref has a name that ends like this.
  const ofRefs = refs.filter((ref) => ref.endsWith('.lock')).map((ref) => join('refs', ref))
  const locks = ['HEAD.lock', 'packed-refs.lock', ...ofRefs]
  const stale: string[] = []
  for (const lock of locks) {
    const { mtimeMs } = await stat(join(folder, lock)).catch(() => ({ mtimeMs: nowMs }))
    if (mtimeMs >= staleBeforeMs) continue
    await rm(join(folder, lock), { force: true })
    stale.push(lock)
  }
  return stale
}
