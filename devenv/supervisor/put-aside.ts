// What developers who have gone leave on disk: the next of their name must not find it.
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isDeveloperName, MASTER } from '../../servers/contract/names.ts'
import { forgetAccess } from '../access/forget-access.ts'
import { readDevelopers } from '../developers/developers.ts'
import { forgetRemoval, type Removal, readRemovals } from '../developers/removals.ts'
import { collectorQueueOf, type YardLayout } from '../sandbox/layout.ts'
import { ensureFolder } from './folders.ts'

/**
 * Moves it to `state/removed/<name>-<time>`, and deletes it there where that was wanted: a folder is gone from its place
 * at once, however much it holds. Nothing of these developers may run any more. What was cut off anywhere is finished by
 * the next call.
 */
export async function putAsideGone(layout: YardLayout, progress: (line: string) => void): Promise<void> {
  const removals = await readRemovals(layout)
  const names = new Set([...removals.keys(), ...(await namesOnDisk(layout))])
  // Asked last: whoever comes meanwhile has nothing on disk before they are one of these.
  const known = new Set((await readDevelopers(layout)).map(({ name }) => name))
  for (const name of names) {
    if (name === MASTER || known.has(name) || !isDeveloperName(name)) continue
    const removal = removals.get(name)
    // Without a removal the keys may be those of somebody who is only coming.
    if (removal !== undefined) await forgetAccess(layout, name)
    const aside = join(layout.state, 'removed', `${name}-${stampOf(new Date().toISOString())}`)
    const hasMoved = await putAside(layout, name, aside)
    if (removal !== undefined && !removal.keepData) await deleteAside(removal, aside)
    else if (hasMoved) progress(`${name}: what was left is in ${aside}`)
    if (removal !== undefined) await forgetRemoval(layout, name)
  }
}

/** Everybody of whom there is something that a removal puts aside: of one that was cut off, it may be any part. */
async function namesOnDisk(layout: YardLayout): Promise<string[]> {
  // The places are the same for everybody.
  const { folders, memories } = layout.belongings(MASTER)
  const places = [
    ...folders.flatMap(({ folder, days }) => [dirname(folder), dirname(days)]),
    dirname(layout.redis(MASTER).run),
  ]
  const [files, queued, ...named] = await Promise.all(
    [dirname(memories[0]!), layout.rsyslog.work, ...places].map((place) => readdir(place).catch(() => [])),
  )
  const remembered = files!.map((file) => file.replace(/^[a-z]+-/, '').replace(/\.json$/, ''))
  return [...named.flat(), ...remembered, ...queued!.flatMap((file) => collectorQueueOf(file) ?? [])]
}

/** Whether there was anything to keep. */
async function putAside(layout: YardLayout, name: string, aside: string): Promise<boolean> {
  const { folders, memories } = layout.belongings(name)
  for (const file of memories) await rm(file, { force: true })
  // A socket that nobody listens on.
  await rm(layout.redis(name).run, { recursive: true, force: true })
  const queued = (await readdir(layout.rsyslog.work).catch(() => [])).filter((file) => collectorQueueOf(file) === name)
  const moves = [
    ...folders.map(({ kind, folder }) => [folder, join(aside, kind)] as const),
    ...folders.map(({ kind, days }) => [days, join(aside, kind, 'days')] as const),
    ...queued.map((file) => [join(layout.rsyslog.work, file), join(aside, 'collector', file)] as const),
  ].filter(([from]) => existsSync(from))
  if (moves.length > 0) await ensureFolder(aside, { mode: 0o700 })
  for (const [from, to] of moves) {
    await mkdir(dirname(to), { recursive: true, mode: 0o700 })
    await rename(from, to)
  }
  return moves.length > 0
}

/** Also what this removal put aside before it was cut off; what another one of the name kept stays. */
async function deleteAside({ name, at }: Removal, aside: string): Promise<void> {
  const removed = dirname(aside)
  const since = at === null ? null : stampOf(at)
  const folders = (await readdir(removed).catch(() => [])).filter((folder) => {
    if (folder === basename(aside)) return true
    const stamp = folder.startsWith(`${name}-`) ? folder.slice(name.length + 1) : ''
    return since !== null && /^\d{4}-\d\d-\d\dT[\d-]+Z$/.test(stamp) && stamp >= since
  })
  await Promise.all(folders.map((folder) => rm(join(removed, folder), { recursive: true, force: true })))
}

/** A time as it stands in a folder's name; sorts as the time does. */
function stampOf(iso: string): string {
  return iso.replace(/[:.]/g, '-')
}
