// Where everything of a yard lies. Pure: a root in, paths out; nobody else joins these folder names.
//
//   <root>/yard.yml                         the operator's settings
//   <root>/keys/<developer>.pub             who may push as whom: authorized_keys lines
//   <root>/git/<repository>.git             serverctrl, common, socketserver, dtserver, httpserver
//   <root>/common/<commit>                  the files of the common library, for builds; nobody's but ours
//   <root>/docs                             what the log viewer shows as documentation
//   <root>/<server>/<developer>/conf        the rendered conf
//   <root>/<server>/<developer>/src         → the live release
//   <root>/<server>/<developer>/releases    one folder a built commit
//   <root>/<server>/<developer>/logs        one JSON-lines file a UTC day
//   <root>/redis/<developer>/{conf,data,logs}   <root>/mysql/master/{data,logs}   <root>/rsyslog
//   <root>/edgeyard/<developer>/logs        what the yard says to them; of itself, to master
//   <root>/viewer                           what the log viewer keeps: closed days as Parquet, logins, what people said of errors
//   <root>/state                            what must survive a reboot: developers and secrets, stopped sandboxes
//   <root>/run                              what need not: pid files, sockets
import { dirname, join } from 'node:path'
import { DOCS_FILE } from '../../servers/contract/docs.ts'
import { COMMON, MASTER, type RepositoryName, type SandboxName, SERVERS } from '../../servers/contract/names.ts'
import { RECORD_SOURCES } from '../../servers/contract/record.ts'

export interface YardLayout {
  readonly root: string
  readonly settings: string
  readonly keys: string
  readonly state: string
  readonly developers: string
  /** Which users the yard has; missing: the usual ones. */
  readonly uids: string
  /** Audit entries of what was done while no daemon ran. */
  readonly untoldActs: string
  readonly run: string
  /** Repositories of a moment, 0700. What a daemon that was killed has left there goes with the next start. */
  readonly scratch: string
  /** The daemon's control socket; mode 0600. */
  readonly control: string
  /** Where the process waits that hooks run in; mode 0600. */
  readonly hookCalls: string
  /** The socket of the process that keeps ports. */
  readonly ports: string
  /** What that process runs. */
  readonly portsProgram: string
  /** The folder of the syslog sockets, `<developer>.sock`. */
  readonly logSockets: string
  /** The folder of what processes write to stdout and stderr, read and emptied by the supervisor. */
  readonly outputs: string
  /** The folder of the run files, one a process. */
  readonly processes: string
  readonly hostKey: string
  /** Certificates with their keys: `state` is ours alone, `viewer` the log viewer's. */
  readonly tls: { readonly state: string; readonly viewer: string }
  readonly hooks: string
  readonly mysql: { readonly data: string; readonly run: string; readonly socket: string }
  /** The folder of the common library's trees, one a commit; 0700. */
  readonly common: string
  readonly docs: { readonly folder: string; readonly file: string }
  /** The log viewer's own folder. */
  readonly viewer: string
  /** Who may log in at the log page; 0700. `access` is the viewer's copy. */
  readonly logins: string
  readonly access: string
  /** `stats`: how it is doing, for the viewer (`collector.jsonl`). */
  readonly rsyslog: { readonly conf: string; readonly work: string; readonly stats: string }
  /** The folder of closed days, `<server>/<developer>/<day>.parquet`. */
  readonly archive: string
  repository(name: RepositoryName): string
  /** What is remembered of a sandbox: that it is stopped, for one. */
  memory(name: SandboxName): string
  keysOf(developer: string): string
  /** Of the log page: a developer's, or the operator's. */
  loginOf(who: string): string
  belongings(developer: string): Belongings
  logSocket(developer: string): string
  sandbox(name: SandboxName): SandboxLayout
  /** `run` is the folder of its socket. */
  redis(developer: string): {
    readonly conf: string
    readonly data: string
    readonly run: string
    readonly socket: string
  }
  /** The log folder of a sandbox, or of another record source. */
  logs(server: string, developer: string): string
}

/**
 * What lies in the yard for one developer alone, whoever wrote it: it goes with them to another name, goes when they go, and must be gone
 * before somebody else has the name. Beside it are only refs, sections, and what the collector has not written yet ({@link collectorQueueOf}).
 */
export interface Belongings {
  /** By whose records lie in it: a server's, their Redis', the yard's. `days` are its closed ones. */
  readonly folders: readonly { readonly kind: string; readonly folder: string; readonly days: string }[]
  /** What lets them in. */
  readonly access: readonly string[]
  readonly memories: readonly string[]
}

/** Whose queue a file in `rsyslog.work` belongs to: it is named as they are in the collector's conf. */
export function collectorQueueOf(file: string): string | null {
  return /^(.+)\.(?:qi|\d{8})$/.exec(file)?.[1] ?? null
}

export interface SandboxLayout {
  readonly folder: string
  readonly conf: string
  /** The link to the live release. */
  readonly src: string
  readonly releases: string
  /** Written by the server itself: its pid file. */
  readonly run: string
  release(name: string): string
}

/** A Unix socket's path must fit `sun_path` (108 bytes with the final zero); this much is left for the root. */
export const ROOT_BYTES_MAX = 108 - 1 - '/run/log/'.length - 31 - '.sock'.length

export function yardLayout(root: string): YardLayout {
  const at = (...parts: string[]) => join(root, ...parts)
  const memory = ({ server, developer }: SandboxName) => at('state', 'sandboxes', `${server}-${developer}.json`)
  const keysOf = (developer: string) => at('keys', `${developer}.pub`)
  const loginOf = (who: string) => at('state', 'logins', `${who}.json`)
  return {
    root,
    settings: at('yard.yml'),
    keys: at('keys'),
    state: at('state'),
    developers: at('state', 'developers'),
    uids: at('state', 'uids.json'),
    untoldActs: at('state', 'untold-acts.jsonl'),
    run: at('run'),
    scratch: at('run', 'scratch'),
    control: at('run', 'control.sock'),
    hookCalls: at('run', 'hooks.sock'),
    ports: at('run', 'ports.sock'),
    portsProgram: at('run', 'keep-ports.pl'),
    logSockets: at('run', 'log'),
    outputs: at('run', 'stderr'),
    processes: at('run', 'processes'),
    hostKey: at('state', 'ssh_host_ed25519_key'),
    tls: { state: at('state', 'tls'), viewer: at('run', 'tls', 'viewer.pem') },
    hooks: at('git', 'hooks'),
    mysql: { data: at('mysql', MASTER, 'data'), run: at('run', 'mysql'), socket: at('run', 'mysql', 'mysql.sock') },
    common: at(COMMON),
    docs: { folder: dirname(at(DOCS_FILE)), file: at(DOCS_FILE) },
    viewer: at('viewer'),
    logins: at('state', 'logins'),
    access: at('run', 'access'),
    rsyslog: {
      conf: at('rsyslog', 'rsyslog.conf'),
      work: at('rsyslog', 'work'),
      stats: at('edgeyard', MASTER, 'stats'),
    },
    archive: at('viewer', 'days'),
    repository: (name) => at('git', `${name}.git`),
    memory,
    keysOf,
    loginOf,
    belongings: (developer) => ({
      folders: RECORD_SOURCES.map((kind) => {
        return { kind, folder: at(kind, developer), days: at('viewer', 'days', kind, developer) }
      }),
      access: [keysOf(developer), loginOf(developer)],
      memories: SERVERS.map((server) => memory({ server, developer })),
    }),
    logSocket: (developer) => at('run', 'log', `${developer}.sock`),
    sandbox: ({ server, developer }) => {
      const folder = at(server, developer)
      return {
        folder,
        conf: join(folder, 'conf', 'server.conf'),
        src: join(folder, 'src'),
        releases: join(folder, 'releases'),
        run: join(folder, 'run'),
        release: (name) => join(folder, 'releases', name),
      }
    },
    redis: (developer) => ({
      conf: at('redis', developer, 'conf', 'redis.conf'),
      data: at('redis', developer, 'data'),
      run: at('run', 'redis', developer),
      // Its path is as long as that of a log socket, which is what a root must leave room for.
      socket: at('run', 'redis', developer, 'db'),
    }),
    logs: (server, developer) => at(server, developer, 'logs'),
  }
}
