// The folders of developers who have gone: the next of their name must not find what the last one left.
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeveloperName, MASTER, SERVERS } from '../../servers/contract/names.ts'
import { readDevelopers } from '../developers/developers.ts'
import { forgetRemoval, readRemovals } from '../developers/removals.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { ensureFolder } from './folders.ts'

/**
 * Moves them to `state/removed/<name>-<time>`, and deletes them there where that was wanted: a folder is gone from its place
 * at once, however much it holds. Nothing of these developers may run any more.
 */
export async function putAsideGone(layout: YardLayout, progress: (line: string) => void): Promise<void> {
  const known = new Set((await readDevelopers(layout)).map(({ name }) => name))
  const removals = await readRemovals(layout)
  const gone = new Map<string, string[]>()
  for (const kind of [...SERVERS, 'redis']) {
    for (const name of await readdir(join(layout.root, kind)).catch(() => [])) {
      if (name === MASTER || known.has(name) || !isDeveloperName(name)) continue
      gone.set(name, [...(gone.get(name) ?? []), kind])
    }
  }
  for (const [name, kinds] of gone) {
    const aside = join(layout.state, 'removed', `${name}-${new Date().toISOString().replace(/[:.]/g, '-')}`)
    await ensureFolder(aside, { mode: 0o700 })
    for (const kind of kinds) {
      await rename(join(layout.root, kind, name), join(aside, kind))
      await putAsideArchive(join(layout.archive, kind, name), join(aside, kind, 'days'))
    }
    if (removals.get(name)?.keepData ?? true) progress(`${name}: what was left is in ${aside}`)
  }
  for (const { name, keepData } of removals.values()) {
    if (known.has(name)) continue
    if (!keepData) await deleteAside(layout, name)
    await forgetRemoval(layout, name)
  }
}

/** There is none before a day is over. */
async function putAsideArchive(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

/** Also what a removal left that was cut off; what another one of this name kept earlier goes, too. */
async function deleteAside(layout: YardLayout, name: string): Promise<void> {
  const removed = join(layout.state, 'removed')
  const folders = (await readdir(removed).catch(() => [])).filter((folder) => {
    return folder.startsWith(`${name}-`) && /^\d{4}-\d\d-\d\dT[\d-]+Z$/.test(folder.slice(name.length + 1))
  })
  await Promise.all(folders.map((folder) => rm(join(removed, folder), { recursive: true, force: true })))
}
