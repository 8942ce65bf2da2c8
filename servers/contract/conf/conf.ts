// A conf, parsed: what an edge-server runs by. Directives keep nginx's names in the text; here they are plain values with units.
import type { Severity } from '../record.ts'

export interface Conf {
  /** The file it was read from, as given. */
  readonly file: string
  /** Always 1: one process a sandbox (`worker_processes`). */
  readonly workerProcesses: number
  /** Default: stderr, from severity `error` on. */
  readonly errorLogs: readonly ErrorLog[]
  /** Relative to the prefix. Default `run/server.pid`. */
  readonly pid: string
  /** Open connections at most, HTTP and WebSocket together (`events { worker_connections }`). Default 1024. */
  readonly workerConnections: number
  /** How long a draining server lets its connections finish. Default 10 s. */
  readonly workerShutdownTimeoutMs: number
  /** Default `uws`. */
  readonly engine: 'uws' | 'node'
  /** Default `on`. */
  readonly codeCache: 'on' | 'off' | 'stat'
  readonly redis: readonly RedisConf[]
  readonly mysql: readonly MysqlConf[]
  readonly servers: readonly ServerConf[]
}

/** `error_log FILE|stderr|syslog:server=unix:PATH,tag=NAME [severity]`, a FILE relative to the prefix. Default severity `error`. */
export type ErrorLog =
  | { readonly kind: 'file'; readonly path: string; readonly severity: Severity }
  | { readonly kind: 'stderr'; readonly severity: Severity }
  | { readonly kind: 'syslog'; readonly path: string; readonly tag: string; readonly severity: Severity }

/** `redis NAME HOST:PORT|unix:PATH [user=U] [password=P] [timeout=TIME];` in `edge`. */
export interface RedisConf {
  readonly name: string
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string }
  readonly user?: string
  readonly password?: string
  /** How long a command may take. Default 5 s. */
  readonly timeoutMs: number
}

/** `mysql NAME HOST:PORT|unix:PATH DATABASE [user=U] [password=P] [pool=N] [timeout=TIME];` in `edge`. */
export interface MysqlConf {
  readonly name: string
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string }
  readonly database: string
  readonly user?: string
  readonly password?: string
  /** Connections at most. Default 10. */
  readonly pool: number
  /** How long a query may take. Default 5 s. */
  readonly timeoutMs: number
}

export interface ServerConf {
  /** `listen PORT | HOST:PORT | [V6]:PORT`. Without a host: 0.0.0.0, as in nginx. Port 0 asks the system for a free one. */
  readonly listen: { readonly host: string; readonly port: number }
  /** `server_name NAME...`, lower case: which Host headers this server answers; the first server is the default. */
  readonly serverNames: readonly string[]
  readonly locations: readonly LocationConf[]
}

/** `location PATH {}` (longest prefix wins) or `location = PATH {}` (exact, tried first), as nginx matches them. */
export interface LocationConf {
  readonly match: 'prefix' | 'exact'
  readonly path: string
  readonly handler: Handler
  /** `set $name value;` in the location or its server: a script's `ctx.env`. Names begin with a letter. */
  readonly env: Readonly<Record<string, string>>
  /** `client_max_body_size`. Default 1 MiB; 0 means no limit, as in nginx. */
  readonly clientMaxBodySizeBytes: number
  /** `websocket_max_payload`. Default 64 KiB. */
  readonly maxPayloadBytes: number
  /** `websocket_max_backpressure`. Default 1 MiB. */
  readonly maxBackpressureBytes: number
  /** `websocket_idle_timeout`. Default 120 s; 8 s to 960 s, or 0 for none. */
  readonly idleTimeoutS: number
}

export type Handler =
  /** `script src/main.ts;`: a file of the release. */
  | { readonly kind: 'script'; readonly file: string }
  /** `return CODE [TEXT|URL];` */
  | { readonly kind: 'return'; readonly status: number; readonly text: string }
  /** `root DIR;`: files, relative to the release. As in nginx, the whole path of the request is added to it. Inherited. */
  | { readonly kind: 'root'; readonly dir: string }
