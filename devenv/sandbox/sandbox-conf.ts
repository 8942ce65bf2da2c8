// What the yard needs to know of a sandbox's conf: its text stands for it, these are read from it. Pure.
import { createHash } from 'node:crypto'
import type { Conf } from '../../servers/contract/conf/conf.ts'
import { parseConf } from '../../servers/contract/conf/parse-conf.ts'
import { sharesPort } from '../../servers/contract/engine.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import type { SandboxName } from '../../servers/contract/names.ts'

export interface SandboxConf {
  readonly text: string
  /** Names the text: two confs with one hash are one conf. */
  readonly hash: string
  readonly port: number
  /** What a client connects to, e.g. `ws://127.0.0.1:1081/hhl`. */
  readonly url: string
  /** Whether a process of this conf and another one can listen on the port at once. If not, one has to go before the next. */
  readonly sharesPort: boolean
  /** How long its process may take to drain. */
  readonly drainTimeoutMs: number
}

/** Digits of a hash that name a conf file; as many as a release's name has. */
const HASH_LENGTH = 12

/** Throws CONF_INVALID. */
export function readSandboxConf({ server }: SandboxName, text: string): SandboxConf {
  const conf = parseConf(text, { file: `${server}.conf` })
  const first = conf.servers[0]
  if (first === undefined) throw new Error('A conf without a server was accepted')
  const { host, port } = tcpAddress(first)
  return {
    text,
    hash: createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH),
    port,
    url: `${server === 'httpserver' ? 'http' : 'ws'}://${shownHost(host)}:${port}${pathOf(server, first)}`,
    sharesPort: sharesPort(conf.engine),
    drainTimeoutMs: conf.workerShutdownTimeoutMs,
  }
}

/** A sandbox is known by its port, so one of its server's addresses has to be one. */
function tcpAddress({ listens }: Conf['servers'][number]): { host: string; port: number } {
  for (const { address } of listens) if ('port' in address) return address
  throw new EdgeyardError('CONF_INVALID', 'The first server of a sandbox must listen on a port')
}

function pathOf(server: string, { locations }: Conf['servers'][number]): string {
  if (server === 'httpserver') return '/'
  return locations.find(({ handler }) => handler.kind === 'script')?.path ?? '/'
}

/** Where "every interface" is listened on, a client on this machine says localhost's number. */
function shownHost(host: string): string {
  if (host === '' || host === '*' || host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
