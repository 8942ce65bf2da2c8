// Who runs as whom where the yard is root: a user for each sandbox, and one for each developer's Redis.
//
//   20000 + index   redis, and the group that all processes of the developer share (their log socket, their Redis)
//   21000 + index   httpserver        22000 + index   socketserver        23000 + index   dtserver
//
// No account needs to exist for any of them.
import type { ServerName } from '../../servers/contract/names.ts'

/** The uid of master's Redis; a developer's is their index more. */
export const UID_BASE = 20_000
/** As many indexes as there can be. */
const UIDS_PER_KIND = 1_000

const KINDS: Readonly<Record<ServerName, number>> = { httpserver: 1, socketserver: 2, dtserver: 3 }

/** The user of a sandbox; `developerUid` is what {@link Developer} has. Null without root rights: all share one. */
export function sandboxUid(developerUid: number | null, server: ServerName): number | null {
  return developerUid === null ? null : developerUid + KINDS[server] * UIDS_PER_KIND
}

/** The group that a sandbox shares with its developer's Redis: the developer's own uid. */
export function developerGid(uid: number): number {
  return UID_BASE + ((uid - UID_BASE) % UIDS_PER_KIND)
}
