// What `edgeyard doctor` looks at. Each look is one small question with an answer and, where it is not good, advice.
import { constants } from 'node:fs'
import { access, readFile, stat, statfs } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import type { Docs } from '../../servers/contract/docs.ts'
import { messageOf } from '../../servers/contract/errors.ts'
import { SERVERS } from '../../servers/contract/names.ts'
import { releaseName } from '../../servers/contract/release.ts'
import type { YardStatus } from '../control/protocol.ts'
import { readDevelopers } from '../developers/developers.ts'
import { createNetFilter } from '../exec/net-filter.ts'
import { probeIsolation } from '../exec/probe-isolation.ts'
import { planPorts } from '../sandbox/ports.ts'
import { readSettings } from '../settings/read-settings.ts'
import { requireHost } from '../settings/require-host.ts'
import { requireFreePort } from '../supervisor/ports.ts'
import { askIfRunning, type CommandContext } from './context.ts'
import { renderError } from './render-error.ts'
import { readStrangers } from './strangers.ts'

export interface Finding {
  readonly state: 'ok' | 'warn' | 'fail'
  readonly what: string
  readonly advice?: string
}

/** The programs a yard starts, and the Debian packages they are in. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  git: 'git',
  'redis-server': 'redis-server',
  mariadbd: 'mariadb-server',
  rsyslogd: 'rsyslog',
  bwrap: 'bubblewrap',
  'ssh-keygen': 'openssh-client',
  nft: 'nftables',
  perl: 'perl',
}

const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin']
const MIB = 1024 * 1024
/** Below it a yard may stop in the middle of a push, or lose records. */
const DISK_FAIL_BYTES = 200 * MIB
const DISK_WARN_BYTES = 2048 * MIB

const ok = (what: string): Finding => ({ state: 'ok', what })
const warn = (what: string, advice: string): Finding => ({ state: 'warn', what, advice })
const fail = (what: string, advice: string): Finding => ({ state: 'fail', what, advice })

export async function lookAtMachine(): Promise<Finding[]> {
  const asRoot = process.getuid?.() === 0
  return [
    ok(`Node ${process.versions.node}`),
    await programs(),
    asRoot
      ? ok('root: every sandbox gets a user of its own')
      : warn(
          'not root: all sandboxes run as one user',
          'Run as root to keep developers from reading and signalling each other.',
        ),
    await isolation(asRoot),
    await migration(),
    await connections(asRoot),
  ]
}

export async function lookAtRoot({ layout }: CommandContext): Promise<Finding[]> {
  const present = await nearest(layout.root)
  const writable = await access(present, constants.W_OK).then(
    () => true,
    () => false,
  )
  const { bavail, bsize } = await statfs(present)
  const free = bavail * bsize
  const space = `${Math.round(free / MIB)} MiB free for ${layout.root}`
  return [
    writable
      ? ok(`${layout.root} can be written`)
      : fail(`${layout.root} cannot be written`, 'Name another folder with --root, or run as its owner.'),
    free < DISK_FAIL_BYTES
      ? fail(space, 'Make room: releases, databases and records need some.')
      : free < DISK_WARN_BYTES
        ? warn(space, 'Records of a busy yard grow by some hundred MiB a day.')
        : ok(space),
  ]
}

/** Of the settings, what is allowed and yet hardly meant. */
export async function lookAtSettings(context: CommandContext): Promise<Finding[]> {
  return (await readStrangers(context)).map(({ file, line, column, message, hint }) =>
    warn(`${file}:${line}:${column}: ${message}`, hint ?? ''),
  )
}

export async function lookAtYard(context: CommandContext): Promise<Finding[]> {
  const { layout, terminal } = context
  try {
    const status = await askIfRunning(context, 'status', {})
    const page = await logPage(context)
    if (status === null) return [ok('no daemon runs on this root'), await ports(context), page]
    const wrong = status.sandboxes.filter(({ state }) => state === 'failed')
    return [
      ok(`the daemon runs, pid ${status.pid}`),
      wrong.length === 0
        ? ok(`${status.sandboxes.length} sandboxes, none failed`)
        : warn(
            `failed: ${wrong.map(({ server, developer }) => `${server} of ${developer}`).join(', ')}`,
            `See why with: ${context.command} logs SERVER DEVELOPER`,
          ),
      await commonLibrary(context, status),
      page,
    ]
  } catch (error) {
    return [fail(renderError(error, terminal.paint), `Put right what it says, or look into ${layout.run}.`)]
  }
}

/** The log page tells developers what the file says: it must be of the library that they import. */
async function commonLibrary({ layout, command }: CommandContext, { common }: YardStatus): Promise<Finding> {
  const advice = `Bring the yard up again, or see why not with: ${command} logs edgeyard`
  if (common.commit === null) return warn('there is no common library', advice)
  const text = await readFile(layout.docs.file, 'utf8').catch(() => '{}')
  const { common: documented } = JSON.parse(text) as Partial<Docs>
  return documented === common.commit
    ? ok(`the common library is at ${releaseName(common.commit)}, types and documentation too`)
    : warn('types and documentation of the common library are not those of its live commit', advice)
}

async function programs(): Promise<Finding> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SBIN]
  const found = await Promise.all(
    Object.keys(PROGRAMS).map((name) =>
      Promise.any(folders.map((folder) => access(join(folder, name), constants.X_OK))).then(
        () => true,
        () => false,
      ),
    ),
  )
  const missing = Object.keys(PROGRAMS).filter((_, i) => !found[i])
  if (missing.length === 0) return ok(`programs: ${Object.keys(PROGRAMS).join(', ')}`)
  const packages = missing.map((name) => PROGRAMS[name]).join(' ')
  return fail(`missing: ${missing.join(', ')}`, `sudo apt-get install -y --no-install-recommends ${packages}`)
}

/** The rest of what keeps sandboxes apart is in the table below. */
async function connections(asRoot: boolean): Promise<Finding> {
  const { why } = await createNetFilter({ asRoot })
  if (why === null) return ok('connections of sandboxes are filtered')
  return warn(`connections of sandboxes are not filtered: ${why}`, 'Scripts may connect to every port of this machine.')
}

async function isolation(asRoot: boolean): Promise<Finding> {
  const probed = await probeIsolation({ asRoot })
  if (probed.kind === 'bubblewrap') return ok('bubblewrap works: sandboxes see neither each other nor the yard')
  const left = probed.kind === 'uid' ? 'only users keep sandboxes apart' : 'nothing keeps sandboxes apart'
  return warn(
    `bubblewrap does not work (${probed.why}): ${left}`,
    'In a container it needs user and mount namespaces (e.g. --privileged).',
  )
}

/** Whoever listens on the way to it must not read tokens. */
async function logPage({ layout }: CommandContext): Promise<Finding> {
  const { host, tls } = await readSettings(layout.settings)
  if (tls !== null || /^(127\.|::1$|localhost$)/.test(host)) return ok(`the log page asks for a login, on ${host}`)
  return warn(
    `the log page takes tokens in the clear on ${host}`,
    'Give it a certificate ("tls" of yard.yml), or leave it on 127.0.0.1 behind ssh or a proxy that has one.',
  )
}

async function migration(): Promise<Finding> {
  const value = await readFile('/proc/sys/net/ipv4/tcp_migrate_req', 'latin1').catch(() => null)
  if (value?.trim() === '1') return ok('net.ipv4.tcp_migrate_req is 1')
  const without = 'no sandbox sleeps, and a switch of several workers may reset a connection that is just being made'
  return value === null
    ? warn(`this kernel has no net.ipv4.tcp_migrate_req: ${without}`, 'Linux 5.14 and later have it.')
    : warn(`net.ipv4.tcp_migrate_req is 0: ${without}`, 'sysctl -w net.ipv4.tcp_migrate_req=1')
}

async function ports({ layout, command }: CommandContext): Promise<Finding> {
  const settings = await readSettings(layout.settings)
  await requireHost(layout.settings, settings.host)
  const plan = planPorts(settings.portsFrom, settings.ports)
  const names =
    (await stat(layout.developers).catch(() => null)) === null
      ? [0, ...settings.developersInitial.map((_, i) => i + 1)]
      : (await readDevelopers(layout)).map(({ index }) => index)
  const wanted: (readonly [what: string, port: number])[] = [
    ['ssh', settings.sshPort],
    ['the log viewer', settings.viewerPort],
    ...names.flatMap((index) => [
      ...SERVERS.map((server) => [`${server} ${index}`, plan.server(server, index)] as const),
      [`Redis ${index}`, plan.redis(index)] as const,
    ]),
  ]
  const taken: string[] = []
  for (const [what, port] of wanted) {
    await requireFreePort(settings.host, port, what).catch((error: unknown) => taken.push(messageOf(error)))
  }
  if (taken.length === 0) return ok(`${wanted.length} ports on ${settings.host} are free`)
  return warn(taken.join('\n      '), `End what has them, or begin elsewhere: ${command} up --ports-from 20000`)
}

/** The folder itself, or the first above it that exists. */
async function nearest(folder: string): Promise<string> {
  const exists = await stat(folder).then(
    () => true,
    () => false,
  )
  return exists || dirname(folder) === folder ? folder : nearest(dirname(folder))
}
