// What a confined process sees: the system read-only, the paths it was given, nothing else; no other process, no rights.
// Pure: bubblewrap as data. probe-isolation.ts finds out what this machine can do.
import { dirname } from 'node:path'
import { type Command, FILTER_FD, PID_FD } from './command.ts'
import type { Isolation } from './probe-isolation.ts'
import { type Rlimits, rlimitArgs } from './rlimits.ts'

export interface Confinement {
  readonly isolation: Isolation
  /** Whom it runs as; null: as we do. */
  readonly uid: number | null
  /** Groups it is in beside its own. */
  readonly groups?: readonly number[]
  /** Files and folders, absolute. All must exist. */
  readonly readOnly: readonly string[]
  readonly readWrite: readonly string[]
  /** Default: ours. With limits, its /tmp has one too. */
  readonly limits?: Rlimits
}

/** It lies in memory. */
const TMP_BYTES_MAX = 64 * 1024 ** 2

/** The command, confined as far as the machine can. It keeps the network: ports are what a server is for. */
export function confine(command: Command, confinement: Confinement): Command {
  const { limits } = confinement
  const confined = enclose(command, confinement)
  if (limits === undefined) return confined
  const [file = '', ...args] = [...rlimitArgs(limits), confined.file, ...confined.args]
  return { ...confined, file, args }
}

function enclose(command: Command, confinement: Confinement): Command {
  const { isolation, uid, groups = [] } = confinement
  if (isolation.kind === 'none') return command
  if (isolation.kind === 'uid') {
    if (uid === null) return command
    const [file = '', ...args] = [...becomeArgs(isolation.setpriv, uid, groups), command.file, ...command.args]
    return { ...command, file, args }
  }
  const dropRights = uid === null || !isolation.setsUid ? [] : becomeArgs(isolation.setpriv, uid, groups)
  return {
    file: isolation.bubblewrap,
    args: [
      ...(isolation.setsUid ? [] : ['--unshare-user']),
      ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--as-pid-1', '--new-session', '--info-fd', `${PID_FD}`],
      ...['--proc', '/proc', '--dev', '/dev'],
      ...(confinement.limits === undefined ? [] : ['--size', `${TMP_BYTES_MAX}`]),
      ...['--perms', '1777', '--tmpfs', '/tmp'],
      ...(isolation.filter === null ? [] : ['--seccomp', `${FILTER_FD}`]),
      // Behind the fresh /tmp, which would hide a node that lies there.
      ...isolation.systemArgs,
      ...mountArgs(confinement),
      // They are in memory, without a limit, and its own where it is the same user: only /tmp has a size.
      ...(isolation.setsUid ? [] : ['--remount-ro', '/dev', '--remount-ro', '/']),
      ...(command.cwd === undefined ? [] : ['--chdir', command.cwd]),
      ...['--', ...dropRights, command.file, ...command.args],
    ],
    ...(command.env === undefined ? {} : { env: command.env }),
    tellsPid: true,
    ...(isolation.filter === null ? {} : { filter: isolation.filter }),
  }
}

/** Becomes another user, without any right, and with no way to get one. The command follows. */
export function becomeArgs(setpriv: string, uid: number | string, groups: readonly (number | string)[]): string[] {
  return [
    ...[setpriv, '--reuid', `${uid}`, '--regid', `${uid}`],
    ...(groups.length === 0 ? ['--clear-groups'] : ['--groups', groups.join()]),
    ...['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--'],
  ]
}

/** Outer folders first, so that a writable folder inside a read-only one stays writable. */
function mountArgs({ readOnly, readWrite }: Confinement): string[] {
  const mounts = [
    ...readOnly.map((path) => ({ flag: '--ro-bind', path })),
    ...readWrite.map((path) => ({ flag: '--bind', path })),
  ].sort((a, b) => a.path.length - b.path.length)
  const made = new Set(['/', '/usr', '/etc', '/tmp', '/proc', '/dev'])
  return mounts.flatMap(({ flag, path }) => {
    const args = ancestorsOf(path).flatMap((folder) => {
      if (made.has(folder)) return []
      made.add(folder)
      // Made without this, a folder on the way to a mount gets 0700 and root's: the program could not pass.
      return ['--perms', '0755', '--dir', folder]
    })
    made.add(path)
    return [...args, flag, path, path]
  })
}

function ancestorsOf(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [] : [...ancestorsOf(parent), parent]
}
