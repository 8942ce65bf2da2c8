// What the yard needs to know of a sandbox's conf: its text stands for it, these are read from it. Pure.
import { createHash } from 'node:crypto'
import type { Conf } from '../../servers/contract/conf/conf.ts'
import { neverSleeps } from '../../servers/contract/conf/never-sleeps.ts'
import { parseConf } from '../../servers/contract/conf/parse-conf.ts'
import { sharesPort } from '../../servers/contract/engine.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import type { SandboxName } from '../../servers/contract/names.ts'

/** Host and port as a socket takes them. */
export interface HeldAddress {
  readonly host: string
  readonly port: number
}

export interface SandboxConf {
  readonly text: string
  /** Names the text: two confs with one hash are one conf. */
  readonly hash: string
  readonly port: number
  /** The scripts that it runs, each once: a release has a build of each. */
  readonly scripts: readonly string[]
  /** The TCP ports of the Redis and MySQL that it names. */
  readonly storePorts: readonly number[]
  /** What a client connects to, e.g. `ws://127.0.0.1:1081/hhl`. */
  readonly url: string
  /** Processes that listen side by side: `worker_processes`. */
  readonly workers: number
  /** Whether a process of this conf and another one can listen on the port at once. If not, one has to go before the next. */
  readonly sharesPort: boolean
  /** What is listened on while it sleeps; null for one that never does, because its conf says so or its ports cannot be held. */
  readonly sleepsOn: readonly HeldAddress[] | null
  /** How long its process may take to drain. */
  readonly drainTimeoutMs: number
}

/** Digits of a hash that name a conf file; as many as a release's name has. */
const HASH_LENGTH = 12

/**
 * Throws CONF_INVALID. What was read is kept: every push asks for every sandbox's, and hardly one of them has changed.
 */
export function readSandboxConf({ server }: SandboxName, text: string): SandboxConf {
  const known = kept.get(server) ?? new Map<string, SandboxConf>()
  kept.set(server, known)
  const before = known.get(text)
  if (before !== undefined) return before
  if (known.size >= KEPT_MAX) known.clear()
  const conf = read(server, text)
  known.set(text, conf)
  return conf
}

/** By server, then by text. */
const kept = new Map<SandboxName['server'], Map<string, SandboxConf>>()
/** Confs of a server: some hundred developers', twice. */
const KEPT_MAX = 1_000

function read(server: SandboxName['server'], text: string): SandboxConf {
  const conf = parseConf(text, { file: `${server}.conf` })
  const { address, ssl, of } = firstPort(conf, `${server}.conf`)
  const scheme = (server === 'httpserver' ? 'http' : 'ws') + (ssl ? 's' : '')
  return {
    text,
    hash: createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH),
    port: address.port,
    scripts: scriptsOf(conf),
    storePorts: [...conf.redis, ...conf.mysql].flatMap((store) =>
      'port' in store.address ? [store.address.port] : [],
    ),
    url: `${scheme}://${shownHost(address.host)}:${address.port}${pathOf(server, of)}`,
    workers: conf.workerProcesses,
    sharesPort: sharesPort(conf.engine),
    sleepsOn: sleepsOn(conf),
    drainTimeoutMs: conf.workerShutdownTimeoutMs,
  }
}

function scriptsOf({ servers }: Conf): readonly string[] {
  const handlers = servers.flatMap(({ locations }) => locations.map(({ handler }) => handler))
  return [...new Set(handlers.flatMap((handler) => (handler.kind === 'script' ? [handler.file] : [])))]
}

function sleepsOn(conf: Conf): readonly HeldAddress[] | null {
  if (conf.idleStopMs === 0 || neverSleeps(conf) !== null) return null
  const addresses = conf.servers.flatMap(({ listens }) => listens.map(({ address }) => address))
  const ports = addresses.flatMap((address) =>
    'port' in address ? { host: boundHost(address.host), port: address.port } : [],
  )
  return [...new Map(ports.map((address) => [`${address.host} ${address.port}`, address])).values()]
}

function boundHost(host: string): string {
  if (host === '' || host === '*') return '0.0.0.0'
  return host.startsWith('[') ? host.slice(1, -1) : host
}

/** A sandbox is known by its port, so one of its addresses has to be one. Throws CONF_INVALID. */
function firstPort({ servers }: Conf, file: string) {
  for (const of of servers) {
    for (const { address, ssl } of of.listens) if ('port' in address) return { address, ssl, of }
  }
  throw new EdgeyardError('CONF_INVALID', `${file} has no "listen" with a port, by which the yard knows a sandbox`)
}

function pathOf(server: string, { locations }: Conf['servers'][number]): string {
  if (server === 'httpserver') return '/'
  // A pattern is no path that anybody could connect to.
  const plain = locations.filter(({ match }) => match !== 'pattern' && match !== 'named')
  return plain.find(({ handler }) => handler.kind === 'script')?.path ?? '/'
}

/** Where "every interface" is listened on, a client on this machine says localhost's number. */
function shownHost(host: string): string {
  if (host === '' || host === '*' || host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
