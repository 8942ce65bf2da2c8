// What a developer's releases take of the disk, and whether there is room for one more (quota `disk`).
import { readFileSync } from 'node:fs'
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SandboxLayout, YardLayout } from '../../devenv/sandbox/layout.ts'
import { bytesText, type Quotas } from '../../devenv/sandbox/quotas.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { SERVERS } from '../../servers/contract/names.ts'
import type { Report } from '../report/report.ts'
import { listReleases, liveRelease, usedAt } from './releases.ts'

export interface RoomWanted {
  readonly layout: YardLayout
  readonly developer: string
  /** Of the release that is to be made. */
  readonly bytes: number
  /** Its name: one that is there already takes nothing more, and is not removed. */
  readonly candidate: string
  readonly quotas: Pick<Quotas, 'disk'>
  /** What the developer's branches hold in the repositories. */
  readonly repositoryBytes: number
  readonly report: Report
}

interface Kept {
  readonly sandbox: SandboxLayout
  readonly name: string
  readonly bytes: number
  readonly usedMs: number
  readonly isLive: boolean
}

/** Removes old releases where there is no room otherwise, oldest first, never one that is live. Throws `PUSH_REFUSED`. */
export async function requireRoom(wanted: RoomWanted): Promise<void> {
  const { layout, developer, bytes, candidate, quotas, repositoryBytes, report } = wanted
  const sandboxes = SERVERS.map((server) => layout.sandbox({ server, developer }))
  const kept = (await Promise.all(sandboxes.map(listKept))).flat()
  if (kept.some(({ name }) => name === candidate)) return
  const sum = (releases: readonly Kept[]) => releases.reduce((total, one) => total + one.bytes, 0)
  const over = () => sum(left) + repositoryBytes + bytes - quotas.disk
  let left = kept
  const old = kept.filter(({ isLive }) => !isLive).sort((a, b) => a.usedMs - b.usedMs)
  const removed: Kept[] = []
  for (let next = old.shift(); next !== undefined && over() > 0; next = old.shift()) {
    removed.push(next)
    left = left.filter((one) => one !== next)
  }
  if (over() > 0) {
    const has = `${developer} has ${bytesText(sum(left) + repositoryBytes)} on the disk (live releases ${bytesText(sum(left))}, repositories ${bytesText(repositoryBytes)})`
    throw new EdgeyardError(
      'PUSH_REFUSED',
      `refused: ${has} and this commit needs ${bytesText(bytes)} more, at most ${bytesText(quotas.disk)} (quota disk, yard.yml); make the commit smaller, or ask the operator for more`,
    )
  }
  if (removed.length === 0) return
  await Promise.all(removed.map(({ sandbox, name }) => rm(sandbox.release(name), { recursive: true, force: true })))
  const count = removed.length === 1 ? '1 old release' : `${removed.length} old releases`
  report.line(`disk: ${count} removed to make room, ${bytesText(sum(removed))} (quota disk, yard.yml)`)
}

async function listKept(sandbox: SandboxLayout): Promise<Kept[]> {
  const live = liveRelease(sandbox)
  return await Promise.all(
    listReleases(sandbox).map(async (name) => ({
      sandbox,
      name,
      bytes: await releaseBytes(sandbox.release(name)),
      usedMs: usedAt(sandbox.release(name)),
      isLive: name === live,
    })),
  )
}

/** Noted when the release was made; counted where that is missing. */
async function releaseBytes(release: string): Promise<number> {
  const noted = readNote(release)
  if (Number.isSafeInteger(noted)) return noted
  const bytes = await folderBytes(release)
  await noteBytes(release, bytes)
  return bytes
}

function readNote(release: string): number {
  try {
    return Number.parseInt(readFileSync(join(release, NOTE), 'utf8'), 10)
  } catch {
    return Number.NaN
  }
}

/** In the folder that is ours, so that no commit can bring one. */
const NOTE = 'build/.bytes'

/** Notes what a release takes, so that nobody has to count thousands of files at a push. Without the note they are counted. */
export async function noteBytes(release: string, bytes: number): Promise<void> {
  await mkdir(join(release, 'build'), { recursive: true, mode: 0o755 })
  await writeFile(join(release, NOTE), `${bytes}\n`, { mode: 0o444 })
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  let bytes = 0
  for (const entry of entries) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => null))?.size ?? 0
  }
  return bytes
}
