// A conf, parsed: what an edge-server runs by. Directives keep nginx's names in the text; here they are plain values with units.
// What nginx inherits from block to block is resolved: every location holds all that counts for it.
import type { Severity } from '../record.ts'

export interface Conf {
  /** The file it was read from, as given. */
  readonly file: string
  /** `worker_processes N|auto`. Default 1: one process. More share the port; a light master watches over them. */
  readonly workerProcesses: number
  /** Default: stderr, from severity `error` on. */
  readonly errorLogs: readonly ErrorLog[]
  /** Relative to the prefix. Default `run/server.pid`. */
  readonly pid: string
  /** Open connections of a worker at most, HTTP and WebSocket together (`events { worker_connections }`). Default 1024. */
  readonly workerConnections: number
  /** How long a draining server lets its connections finish. Default 10 s. */
  readonly workerShutdownTimeoutMs: number
  /** Default `uws`. */
  readonly engine: 'uws' | 'node'
  /** Default `on`. */
  readonly codeCache: 'on' | 'off' | 'stat'
  /** `cpu_limit SOFT HARD;` in `edge`: how long a script may keep the event loop: logged from `soft` on, stopped at `hard`. 0: never. Default 200 ms and 5 s. */
  readonly cpuLimit: { readonly softMs: number; readonly hardMs: number }
  /** `memory_limit SOFT HARD;` in `edge`: resident memory of a worker: replaced from `soft` on, ended at `hard`. 0: never, the default. */
  readonly memoryLimit: { readonly softBytes: number; readonly hardBytes: number }
  /** `idle_stop TIME|off;` in `edge`: without a connection for so long a yard stops the server until the next one. 0: never, the default. */
  readonly idleStopMs: number
  readonly redis: readonly RedisConf[]
  readonly mysql: readonly MysqlConf[]
  /** `dict NAME SIZE;` in `edge` (OpenResty's `lua_shared_dict`). */
  readonly dicts: readonly { readonly name: string; readonly bytesMax: number }[]
  /** `map SOURCE $NAME { … }` in `edge`. */
  readonly maps: readonly MapConf[]
  /** `limit_req_zone KEY zone=NAME:SIZE rate=RATE;` in `edge`. */
  readonly limitReqZones: readonly LimitReqZone[]
  /** `limit_conn_zone KEY zone=NAME:SIZE;` in `edge`. */
  readonly limitConnZones: readonly LimitConnZone[]
  readonly servers: readonly ServerConf[]
}

/** A text that may hold variables, such as `$scheme://$host`: literal pieces and names (without the `$`), in order. */
export type Text = readonly (string | { readonly variable: string })[]

/** `error_log FILE|stderr|syslog:server=unix:PATH,tag=NAME [severity]`, a FILE relative to the prefix. Default severity `error`. */
export type ErrorLog =
  | { readonly kind: 'file'; readonly path: string; readonly severity: Severity }
  | { readonly kind: 'stderr'; readonly severity: Severity }
  | { readonly kind: 'syslog'; readonly path: string; readonly tag: string; readonly severity: Severity }

/** `redis NAME HOST:PORT|unix:PATH [user=U] [password=P] [timeout=TIME] [slow=TIME];` in `edge`. */
export interface RedisConf {
  readonly name: string
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string }
  readonly user?: string
  readonly password?: string
  /** How long a command may take. Default 5 s. */
  readonly timeoutMs: number
  /** A command that takes as long is logged. Default 100 ms; 0: none. */
  readonly slowMs: number
}

/**
 * `mysql NAME HOST:PORT|unix:PATH DATABASE [user=U] [password=P] [pool=N] [backlog=N] [keepalive=TIME] [timeout=TIME] [slow=TIME];`
 * in `edge`; pool, backlog and keepalive as in OpenResty.
 */
export interface MysqlConf {
  readonly name: string
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string }
  readonly database: string
  readonly user?: string
  readonly password?: string
  /** Connections at most. Default 10. */
  readonly pool: number
  /** Queries that may wait for a free connection; more are refused at once. Default 1000. */
  readonly backlog: number
  /** A connection that nobody has used for so long is closed. Default 60 s; 0: never. */
  readonly keepaliveMs: number
  /** How long a query may take. Default 5 s. */
  readonly timeoutMs: number
  /** A query that takes as long is logged. Default 100 ms; 0: none. */
  readonly slowMs: number
}

/** nginx's `map`: the first that matches of exact texts, then patterns in order, then the default. */
export interface MapConf {
  readonly source: Text
  /** Without the `$`. */
  readonly name: string
  /** By the lower-cased text: nginx compares without regard to case. */
  readonly exact: Readonly<Record<string, Text>>
  readonly patterns: readonly { readonly pattern: Pattern; readonly value: Text }[]
  /** Default: the empty text. */
  readonly fallback: Text
  /** `hostnames`: keys of `exact` such as `*.example.com`, `.example.com` and `www.example.*` stand for many names, tried as those of `server_name`. */
  readonly hostnames: boolean
  /** `volatile`: asked anew each time, instead of once for a request. */
  readonly volatile: boolean
}

/** A regular expression of JavaScript, whose syntax is nearly PCRE's; its named groups become variables. */
export interface Pattern {
  readonly source: string
  readonly caseless: boolean
}

export interface LimitReqZone {
  readonly name: string
  readonly key: Text
  readonly bytesMax: number
  /** Requests a second; `30r/m` is 0.5. */
  readonly perSecond: number
}

export interface LimitConnZone {
  readonly name: string
  readonly key: Text
  readonly bytesMax: number
}

export interface ServerConf {
  /** At least one; as in nginx `*:80` when a server gives none. */
  readonly listens: readonly ListenConf[]
  /** `server_name NAME...`: which Host headers this server answers. */
  readonly serverNames: readonly ServerName[]
  /** `ssl_certificate` and `ssl_certificate_key`, relative to the prefix; there when a listen has `ssl`. */
  readonly tls?: TlsConf
  /** `set`, `rewrite`, `return` and `break` of the server itself, in order. */
  readonly rewrites: readonly RewriteConf[]
  readonly realIp: RealIpConf
  readonly timeouts: TimeoutsConf
  readonly locations: readonly LocationConf[]
  /** What counts where no location matches, and for what is answered before one is found. */
  readonly base: LocationConf
}

export interface ListenConf {
  /** `listen PORT | HOST:PORT | [V6]:PORT | unix:PATH`. Without a host: 0.0.0.0. Port 0 asks the system for a free one. */
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string }
  readonly ssl: boolean
  /** `default_server`; else the first server of an address is its default. */
  readonly defaultServer: boolean
}

/** Tried in nginx's order: exact, the longest `*.example.com`, the longest `www.example.*`, patterns in order. Lower case. `server_name "";` is an exact name: the empty one. */
export type ServerName =
  | { readonly kind: 'exact'; readonly name: string }
  /** `.example.com` after `*`; with `bare` also `example.com` itself (written `.example.com`). */
  | { readonly kind: 'suffix'; readonly name: string; readonly bare: boolean }
  /** `www.example` before `.*`. */
  | { readonly kind: 'prefix'; readonly name: string }
  | { readonly kind: 'pattern'; readonly pattern: Pattern }

export interface TlsConf {
  readonly certificate: string
  readonly key: string
  /** e.g. `TLSv1.2`, `TLSv1.3`. Default: both. */
  readonly protocols: readonly string[]
  /** OpenSSL's list. */
  readonly ciphers?: string
}

/** `set_real_ip_from`, `real_ip_header`, `real_ip_recursive` (ngx_http_realip_module). Empty `from`: the peer's own address counts. */
export interface RealIpConf {
  /** `10.0.0.0/8`, `::1`, `unix:`. */
  readonly from: readonly string[]
  /** Lower case. Default `x-real-ip`. */
  readonly header: string
  readonly recursive: boolean
}

/** nginx's own defaults: 60 s, 60 s, 60 s, 75 s, 1000. */
export interface TimeoutsConf {
  readonly clientHeaderMs: number
  /** Between two reads. */
  readonly clientBodyMs: number
  readonly sendMs: number
  readonly keepaliveMs: number
  readonly keepaliveRequests: number
}

/** What ngx_http_rewrite_module does, in the order of the text. */
export type RewriteConf =
  | { readonly kind: 'set'; readonly name: string; readonly value: Text }
  | {
      readonly kind: 'rewrite'
      readonly pattern: Pattern
      readonly replacement: Text
      readonly flag: 'last' | 'break' | 'redirect' | 'permanent' | undefined
    }
  | { readonly kind: 'return'; readonly status: number; readonly text: Text }
  | { readonly kind: 'break' }

/**
 * nginx's kinds: `=` exact, a prefix, `^~` a prefix that no pattern overrules, `~` and `~*` patterns, `@name`. The longest prefix is
 * remembered, patterns are tried in order, the first that matches wins, else the prefix does.
 */
export interface LocationConf {
  readonly match: 'exact' | 'prefix' | 'final-prefix' | 'pattern' | 'named'
  /** A path; of a pattern its source; of a named one `@name`. */
  readonly path: string
  /** Of a pattern: `~*`. */
  readonly caseless: boolean
  /** Only for internal redirects (`internal;`, and every named one). */
  readonly internal: boolean
  readonly handler: Handler
  readonly rewrites: readonly RewriteConf[]
  /** `set` values that are plain texts, of the server and the location: a script's `ctx.env` begins with them. Names begin with a letter. */
  readonly env: Readonly<Record<string, string>>
  /** `try_files`: candidates in order, then what is done when none is there. */
  readonly tryFiles?: { readonly candidates: readonly Text[]; readonly otherwise: Otherwise }
  readonly files: FilesConf
  /** `client_max_body_size`. Default 1 MiB; 0 means no limit, as in nginx. */
  readonly clientMaxBodySizeBytes: number
  /** `script_timeout`: how long a hook may take for one request or message, waiting included. Default 60 s; 0: for ever. */
  readonly scriptTimeoutMs: number
  readonly allow: readonly AllowConf[]
  readonly limitReq: readonly { readonly zone: string; readonly burst: number; readonly delay: number }[]
  /** `limit_req_status`. Default 503. */
  readonly limitReqStatus: number
  readonly limitConn: readonly { readonly zone: string; readonly connections: number }[]
  /** `limit_conn_status`. Default 503. */
  readonly limitConnStatus: number
  readonly errorPages: readonly ErrorPageConf[]
  /** `absolute_redirect`: a Location that begins with `/` is sent with the scheme, the host and the port before it. Default on, as nginx's. */
  readonly absoluteRedirect: boolean
  readonly addHeaders: readonly { readonly name: string; readonly value: Text; readonly always: boolean }[]
  readonly expires: ExpiresConf
  readonly gzip: GzipConf | undefined
  readonly accessLogs: readonly AccessLogConf[]
  /** `websocket_max_payload`. Default 64 KiB. */
  readonly maxPayloadBytes: number
  /** `websocket_max_backpressure`. Default 1 MiB. */
  readonly maxBackpressureBytes: number
  /** `websocket_idle_timeout`. Default 120 s; 8 s to 960 s, or 0 for none. */
  readonly idleTimeoutS: number
  /** `websocket_compression on|off`: permessage-deflate for those who offer it. Default off. */
  readonly websocketCompression: boolean
  /** `websocket_origin any|same|ORIGIN...`: lower case; any other is refused with 403. Default `any`. */
  readonly websocketOrigins: 'any' | 'same' | readonly string[]
  /** `websocket_message_rate RATE [burst=N]`: messages of one socket beyond it close it with 1008. Undefined: no limit. */
  readonly websocketMessageRate: { readonly perSecond: number; readonly burst: number } | undefined
}

export type Handler =
  /** `script src/main.ts;`: a file of the release. */
  | { readonly kind: 'script'; readonly file: string }
  /** Files, by `root` or `alias`. */
  | { readonly kind: 'files' }
  /** Nothing but its rewrites: 404 behind them. */
  | { readonly kind: 'none' }

export interface FilesConf {
  /** Relative to the release. `root`: the whole path is added; `alias`: what follows the location's. Undefined: there are none. */
  readonly folder: { readonly kind: 'root' | 'alias'; readonly dir: string } | undefined
  /** `index`. Default `index.html`. */
  readonly index: readonly string[]
  /** `etag`. Default on. */
  readonly etag: boolean
  /** `if_modified_since`. Default `exact`. */
  readonly ifModifiedSince: 'off' | 'exact' | 'before'
  /** `max_ranges`. 0: ranges are ignored; default: no limit but ours. */
  readonly maxRanges: number | undefined
  /** `types { … }`: by extension; undefined: the usual ones. */
  readonly types: Readonly<Record<string, string>> | undefined
  /** `default_type`. Default `text/plain`, as nginx's. */
  readonly defaultType: string
}

/** What follows the candidates of `try_files`. */
export type Otherwise =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'uri'; readonly uri: Text }
  | { readonly kind: 'named'; readonly name: string }

/** `allow`, `deny`: the first that fits decides. `all`, an address, a network in CIDR notation, or `unix:`. */
export interface AllowConf {
  readonly allow: boolean
  readonly source: string
}

/** `error_page CODE... [=[RESPONSE]] URI;` */
export interface ErrorPageConf {
  readonly statuses: readonly number[]
  /** The status that is sent: the error's own (`same`), the one that the page ends with (`=`), or this one (`=N`). */
  readonly response: 'same' | 'page' | number
  /** A path inside, a `@name`, or a whole URL for a redirect. */
  readonly target: Text
}

export type ExpiresConf =
  | { readonly kind: 'off' | 'epoch' | 'max' }
  /** From now, or with `modified` from the file's time; negative: no-cache. */
  | { readonly kind: 'time'; readonly seconds: number; readonly modified: boolean }
  /** `@15h30m`: that time of day, local. */
  | { readonly kind: 'daily'; readonly secondOfDay: number }
  /** A variable that holds one of the above. */
  | { readonly kind: 'text'; readonly value: Text }

/** ngx_http_gzip_module, with its defaults: text/html, 20 bytes, level 1. */
export interface GzipConf {
  /** `*` for any. */
  readonly types: readonly string[]
  readonly minLength: number
  readonly level: number
  /** `gzip_vary`. */
  readonly vary: boolean
  /** `gzip_proxied any`, else requests with a Via header get none. */
  readonly proxied: boolean
}

/** `access_log PATH|syslog:… [FORMAT] [if=CONDITION];` Default none: nginx's file would fill a disk that nobody looks at. */
export interface AccessLogConf {
  readonly to:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'stderr' }
    | { readonly kind: 'syslog'; readonly path: string; readonly tag: string; readonly severity: Severity }
  readonly format: Text
  /** `escape=`. Default `default`. */
  readonly escape: 'default' | 'json' | 'none'
  /** Nothing is written when it is empty or `0`. */
  readonly condition: Text | undefined
}
