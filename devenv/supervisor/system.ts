// What of the machine a yard wants, and says when it does not get it.
import { readFile, writeFile } from 'node:fs/promises'
import { messageOf } from '../../servers/contract/errors.ts'
import type { Limiter } from '../exec/limiter.ts'
import type { NetFilter } from '../exec/net-filter.ts'
import type { Isolation } from '../exec/probe-isolation.ts'

/** Connections that wait in the queue of a listening socket move to another one of the port when it closes. */
const MIGRATE = '/proc/sys/net/ipv4/tcp_migrate_req'

/** Null when who waits in a queue is moved, otherwise what is missing. */
export async function ensureMigration(asRoot: boolean): Promise<string | null> {
  const now = await readFile(MIGRATE, 'latin1').catch(() => null)
  if (now === null)
    return 'net.ipv4.tcp_migrate_req is not known to this kernel: no sandbox sleeps, and a switch of several workers may reset a connection that is just being made'
  if (now.trim() === '1') return null
  const why = asRoot ? await writeFile(MIGRATE, '1').then(() => null, messageOf) : 'only root may set it'
  return why === null
    ? null
    : `net.ipv4.tcp_migrate_req is 0 (${why}): no sandbox sleeps, and a switch of several workers may reset a connection that is just being made; sysctl -w net.ipv4.tcp_migrate_req=1`
}

export interface Protections {
  readonly isolation: Isolation
  readonly limiter: Pick<Limiter, 'why'>
  readonly netFilter: Pick<NetFilter, 'why'>
}

/** One line for each thing that does not keep sandboxes apart; none when all do. */
export function describeIsolation({ isolation, limiter, netFilter }: Protections): readonly string[] {
  const limits =
    limiter.why === null
      ? []
      : [
          `not protected: no control groups (${limiter.why}); limits of memory hold for each process alone, those of processors not at all`,
        ]
  const net =
    netFilter.why === null
      ? []
      : [
          `not protected: connections are not filtered (${netFilter.why}); scripts may connect to every port of this machine, and limits.outbound does nothing`,
        ]
  return [...describeConfinement(isolation), ...limits, ...net]
}

function describeConfinement(isolation: Isolation): readonly string[] {
  if (isolation.kind === 'bubblewrap') {
    return [
      ...(isolation.setsUid
        ? []
        : [
            'not protected: without root all sandboxes run as one user; bubblewrap keeps their files and processes apart',
          ]),
      ...(isolation.filter === null ? ['not protected: system calls are not filtered here'] : []),
    ]
  }
  const why = `bubblewrap does not work here (${isolation.why})`
  return isolation.kind === 'uid'
    ? [`not protected: ${why}; each sandbox has a user of its own, but sees the machine's files and processes`]
    : [`not protected: ${why}, and we are not root; every script can read and signal everything of every other`]
}
