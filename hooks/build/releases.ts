// The folder of a sandbox's releases: what may go, and when. There are few of them, and every push looks: at once,
// because a promise for each takes ten times as long.
import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { rm, stat, utimes } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import type { SandboxLayout } from '../../devenv/sandbox/layout.ts'

const INCOMING = '.incoming-'

/** A name for a release that is being made. It holds our pid, so that the next push can tell whether we still make it. */
export function incomingName(random: string): string {
  return `${INCOMING}${process.pid}-${random}`
}

/** Whether a name is of a release that somebody began to make and who has gone. */
export function isAbandoned(name: string): boolean {
  return name.startsWith(INCOMING) && !isRunning(Number(name.split('-')[1]))
}

/** The name of the live release: where `src` points. Null before the first switch. */
export function liveRelease(sandbox: SandboxLayout): string | null {
  const target = linkOf(sandbox.src)
  if (target === null) return null
  const inside = resolve(sandbox.folder, target).slice(sandbox.releases.length + 1)
  return inside.split(sep)[0] || null
}

/** The names of those that are whole. */
export function listReleases(sandbox: SandboxLayout): string[] {
  return namesIn(sandbox).filter((name) => !name.startsWith('.'))
}

function namesIn({ releases }: SandboxLayout): string[] {
  if (!existsSync(releases)) return []
  return readdirSync(releases, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}

/** When a release was last pushed or left, in milliseconds; 0 for one that has just gone. */
export function usedAt(release: string): number {
  return statSync(release, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/**
 * Removes what pushes that were killed left half-built, and the oldest releases beyond `kept` (quota `releases`). Never the
 * live one, nor `candidate`: both count as just used, so that the live one also outlives the next few pushes while it drains.
 */
export async function tidyReleases(
  sandbox: SandboxLayout,
  { candidate, now, kept }: { candidate: string; now: Date; kept: number },
): Promise<void> {
  const live = liveRelease(sandbox)
  const remove = (name: string) => rm(join(sandbox.releases, name), { recursive: true, force: true })
  await Promise.all(namesIn(sandbox).filter(isAbandoned).map(remove))

  const names = listReleases(sandbox)
  const used = names.filter((name) => name === live || name === candidate)
  await Promise.all(used.map((name) => utimes(sandbox.release(name), now, now).catch(() => {})))
  const rest = names.filter((name) => !used.includes(name))
  // The candidate is about to be made, if it is not there.
  const reserved = new Set([candidate, live ?? candidate]).size
  if (rest.length + reserved <= kept) return
  const ages = rest.map((name) => ({ name, at: usedAt(sandbox.release(name)) })).sort((a, b) => b.at - a.at)
  await Promise.all(ages.slice(kept - reserved).map(({ name }) => remove(name)))
}

/** Whether there is anything at a path. */
export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Another user's process is a running one.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
