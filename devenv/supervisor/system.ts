// What of the machine a yard wants, and says when it does not get it.
import { readFile, writeFile } from 'node:fs/promises'
import { messageOf } from '../../servers/contract/errors.ts'
import type { Isolation } from '../exec/probe-isolation.ts'

/** Connections that wait in the queue of a listening socket move to another one of the port when it closes. */
const MIGRATE = '/proc/sys/net/ipv4/tcp_migrate_req'

/** Null when connections are safe at a switch, otherwise what is missing. */
export async function ensureMigration(asRoot: boolean): Promise<string | null> {
  const now = await readFile(MIGRATE, 'latin1').catch(() => null)
  if (now === null)
    return 'net.ipv4.tcp_migrate_req is not known to this kernel: a switch may reset a connection that is just being made'
  if (now.trim() === '1') return null
  const why = asRoot ? await writeFile(MIGRATE, '1').then(() => null, messageOf) : 'only root may set it'
  return why === null
    ? null
    : `net.ipv4.tcp_migrate_req is 0 (${why}): a switch may reset a connection that is just being made; sysctl -w net.ipv4.tcp_migrate_req=1`
}

/** One line for each thing that does not keep sandboxes apart; none when all do. */
export function describeIsolation(isolation: Isolation): readonly string[] {
  if (isolation.kind === 'bubblewrap') {
    return isolation.setsUid
      ? []
      : [
          'not protected: without root all sandboxes run as one user; bubblewrap keeps their files and processes apart, their redis ports are open to each other',
        ]
  }
  const why = `bubblewrap does not work here (${isolation.why})`
  return isolation.kind === 'uid'
    ? [
        `not protected: ${why}; each developer's processes have a user of their own, but see the machine's files and processes`,
      ]
    : [`not protected: ${why}, and we are not root; every script can read and signal everything of every other`]
}
