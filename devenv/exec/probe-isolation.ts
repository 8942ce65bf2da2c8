// What this machine can do to keep processes apart, found out by trying it once.
import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { confine } from './confine.ts'
import { runCommand } from './run-command.ts'
import { seccompFilter } from './seccomp.ts'

export type Isolation =
  | {
      readonly kind: 'bubblewrap'
      readonly bubblewrap: string
      readonly setpriv: string
      /** We are root: each developer's processes get a user of their own. */
      readonly setsUid: boolean
      /** bubblewrap's arguments for the system's own folders. */
      readonly systemArgs: readonly string[]
      /** Which system calls may be made; null where that cannot be said. */
      readonly filter: Uint8Array | null
    }
  /** No bubblewrap, but root: users only. */
  | { readonly kind: 'uid'; readonly why: string; readonly setpriv: string }
  /** Neither. */
  | { readonly kind: 'none'; readonly why: string }

const BUBBLEWRAP = '/usr/bin/bwrap'
export const SETPRIV = '/usr/bin/setpriv'
const PROBE_TIMEOUT_MS = 5_000

/** `asRoot`: whether we may change users. Never rejects: what does not work is part of the answer. */
export async function probeIsolation(options: { asRoot: boolean; bubblewrap?: string }): Promise<Isolation> {
  const isolation: Isolation = {
    kind: 'bubblewrap',
    bubblewrap: options.bubblewrap ?? BUBBLEWRAP,
    setpriv: SETPRIV,
    setsUid: options.asRoot,
    systemArgs: readSystemArgs(),
    filter: seccompFilter(process.arch),
  }
  const why = await whyNot(isolation)
  if (why === null) return isolation
  // A kernel without seccomp, or a container that forbids it.
  const without = { ...isolation, filter: null }
  if ((await whyNot(without)) === null) return without
  return options.asRoot ? { kind: 'uid', why, setpriv: SETPRIV } : { kind: 'none', why }
}

async function whyNot(isolation: Isolation): Promise<string | null> {
  const command = { file: '/usr/bin/true', args: [] }
  const confined = confine(command, {
    isolation,
    uid: isolation.kind === 'bubblewrap' && isolation.setsUid ? 65534 : null,
    readOnly: [],
    readWrite: [],
  })
  try {
    const ended = await runCommand(confined, { timeoutMs: PROBE_TIMEOUT_MS })
    return ended.exitCode === 0 ? null : ended.stderr.trim() || `exit code ${ended.exitCode}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** What no process may be without: programs, libraries, names, certificates, the zone. No secret lies among them. */
function readSystemArgs(): string[] {
  const files = ['resolv.conf', 'hosts', 'nsswitch.conf', 'ssl', 'passwd', 'group', 'ld.so.cache', 'alternatives']
  const node = process.execPath
  return [
    ...['--ro-bind', '/usr', '/usr'],
    ...['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].flatMap(asItIs),
    ...['--perms', '0755', '--dir', '/etc'],
    ...files.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    // ICU reads the name of the zone from the link. A file it compares with all zones there are, before Node writes its first date.
    ...asItIs('/etc/localtime'),
    ...(node.startsWith('/usr/') ? [] : nodeArgs(node)),
  ]
}

/** A link stays a link, if it leads to what is seen. */
function asItIs(path: string): string[] {
  if (!existsSync(path)) return []
  const isLink = lstatSync(path).isSymbolicLink() && realpathSync(path).startsWith('/usr/')
  return isLink ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]
}

function nodeArgs(node: string): string[] {
  const parts = node.split('/').slice(1, -1)
  const folders = parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`)
  return [...folders.flatMap((folder) => ['--perms', '0755', '--dir', folder]), '--ro-bind', node, node]
}
