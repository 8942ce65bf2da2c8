// The yard's folders, each with its owner. A developer's processes own what they write and may only read the rest.
import { chmod, chown, lstat, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { SandboxName } from '../../servers/contract/names.ts'
import { RECORD_SOURCES } from '../../servers/contract/record.ts'
import { developerGid, UID_BASE } from '../developers/uids.ts'
import type { YardLayout } from '../sandbox/layout.ts'

/** The log viewer's user and group where the yard is root: the one below all developers. It reads records and nothing else. */
export const VIEWER_UID = UID_BASE - 1

export interface FolderOptions {
  readonly mode: number
  /** Where we are root. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined
}

/** Makes a folder, or puts right the mode and owner of one that is there. Refuses a link in its place. */
export async function ensureFolder(path: string, { mode, owner }: FolderOptions): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o755 })
  const found = await lstat(path)
  if (!found.isDirectory()) throw new Error(`Cannot use ${path}: it is not a folder`)
  // A change of owner clears special bits, so the mode comes last.
  if (owner !== undefined && (found.uid !== owner.uid || found.gid !== owner.gid))
    await chown(path, owner.uid, owner.gid)
  if ((found.mode & 0o7777) !== mode || owner !== undefined) await chmod(path, mode)
}

/** What is there before anybody has a sandbox. */
export async function ensureYardFolders(layout: YardLayout): Promise<void> {
  await ensureFolder(layout.root, { mode: 0o755 })
  const secret = [layout.common, layout.state, layout.developers, layout.keys, layout.outputs, layout.processes]
  for (const path of secret) await ensureFolder(path, { mode: 0o700 })
  for (const path of [layout.run, layout.logSockets]) await ensureFolder(path, { mode: 0o711 })
  await ensureFolder(dirname(layout.rsyslog.conf), { mode: 0o700 })
  await ensureFolder(layout.rsyslog.work, { mode: 0o700 })
  // Everybody may read the documentation; the viewer does.
  await ensureFolder(layout.docs.folder, { mode: 0o755 })
  for (const server of RECORD_SOURCES) await ensureFolder(join(layout.root, server), { mode: 0o755 })
}

/** A folder of records: written by rsyslogd (as we are), read by the viewer, whose group its files inherit. */
export async function ensureLogFolder(
  layout: YardLayout,
  server: string,
  developer: string,
  asRoot: boolean,
): Promise<void> {
  await ensureFolder(join(layout.root, server, developer), { mode: 0o755 })
  await ensureFolder(layout.logs(server, developer), viewersFolder(asRoot))
}

/** What a folder is that we write and the viewer reads. */
export function viewersFolder(asRoot: boolean): FolderOptions {
  return asRoot ? { mode: 0o2750, owner: { uid: 0, gid: VIEWER_UID } } : { mode: 0o750 }
}

/** Where a developer's Redis has its socket: it may write there, their sandboxes may go in, nobody else may. */
export async function ensureRedisRun(layout: YardLayout, developer: string, redisUid: number | null): Promise<void> {
  const owner = redisUid === null ? undefined : { uid: redisUid, gid: redisUid }
  const { run } = layout.redis(developer)
  await ensureFolder(dirname(run), { mode: 0o711 })
  await ensureFolder(run, { mode: owner === undefined ? 0o700 : 0o710, owner })
}

/** A sandbox's folders: it may read its conf and releases, write its run folder, and not see its records. */
export async function ensureSandboxFolders(layout: YardLayout, name: SandboxName, uid: number | null): Promise<void> {
  const { conf, releases, run } = layout.sandbox(name)
  await ensureLogFolder(layout, name.server, name.developer, uid !== null)
  const readable = uid === null ? undefined : { uid: 0, gid: uid }
  await ensureFolder(dirname(conf), { mode: 0o750, owner: readable })
  await ensureFolder(releases, { mode: 0o750, owner: readable })
  await ensureFolder(run, { mode: 0o700, owner: uid === null ? undefined : { uid, gid: uid } })
  await ensureRedisRun(layout, name.developer, uid === null ? null : developerGid(uid))
}
