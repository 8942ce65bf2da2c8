// Every directive, in one table: where it may stand, how often, what it takes, and what it is when it is not given.
// Directives that nginx has keep nginx's names, contexts and units.
import type { Conf, ErrorLog, Handler, MysqlConf, RedisConf, RewriteConf } from './conf.ts'
import { readErrorLog } from './read-error-log.ts'
import { show, type Word } from './tokenize.ts'
import * as read from './values.ts'

/** `main` is the file itself; the others are the blocks that bear their names. */
export type Context = 'main' | 'events' | 'edge' | 'server' | 'location'

interface Directive<Value> {
  readonly contexts: readonly Context[]
  /** As it is written; shown when it was written otherwise. */
  readonly usage: string
  /** How many arguments, at least and at most. */
  readonly args: readonly [min: number, max: number]
  readonly read: (args: readonly Word[]) => Value
  /** True when one block may hold several. */
  readonly many?: boolean
  /** True when it ends with a block, whose context has the directive's name. */
  readonly opens?: boolean
}

const ONE = [1, 1] as const
const NONE = [0, 0] as const
const ARGS_MAX = 64
const HTTP: readonly Context[] = ['edge', 'server', 'location']

/** Both engines count these with 32 bits; nobody sends so much to a game. */
const SOCKET_BYTES_MAX = 2 ** 30
const BODY_BYTES_MAX = 2 ** 43

export const DIRECTIVES = {
  worker_processes: directive({
    contexts: ['main'],
    usage: 'worker_processes 1;',
    args: ONE,
    read: ([word]) => readWorkerProcesses(word!),
  }),
  error_log: directive<ErrorLog>({
    contexts: ['main'],
    usage: 'error_log FILE|stderr|syslog:server=unix:PATH,tag=NAME [SEVERITY];',
    args: [1, 2],
    many: true,
    read: readErrorLog,
  }),
  pid: directive({ contexts: ['main'], usage: 'pid FILE;', args: ONE, read: ([word]) => readText(word!) }),
  worker_shutdown_timeout: directive({
    contexts: ['main'],
    usage: 'worker_shutdown_timeout TIME;',
    args: ONE,
    read: ([word]) => read.readTimeBetween(word!, { min: '1ms', max: '24h' }),
  }),
  events: directive({ contexts: ['main'], usage: 'events { ... }', args: NONE, opens: true, read: () => true }),
  worker_connections: directive({
    contexts: ['events'],
    usage: 'worker_connections NUMBER;',
    args: ONE,
    read: ([word]) => read.readNumber(word!, { min: 1, max: 1_000_000 }),
  }),
  edge: directive({ contexts: ['main'], usage: 'edge { ... }', args: NONE, opens: true, read: () => true }),
  engine: directive<Conf['engine']>({
    contexts: ['edge'],
    usage: 'engine uws|node;',
    args: ONE,
    read: ([word]) => read.readOneOf(word!, ['uws', 'node'], 'an engine'),
  }),
  code_cache: directive<Conf['codeCache']>({
    contexts: ['edge'],
    usage: 'code_cache on|off|stat;',
    args: ONE,
    read: ([word]) => read.readOneOf(word!, ['on', 'off', 'stat'], 'a kind of code cache'),
  }),
  redis: directive({
    contexts: ['edge'],
    usage: 'redis NAME HOST:PORT|unix:PATH [user=USER] [password=PASSWORD] [timeout=TIME];',
    args: [2, 5],
    many: true,
    read: readRedis,
  }),
  mysql: directive({
    contexts: ['edge'],
    usage: 'mysql NAME HOST:PORT|unix:PATH DATABASE [user=USER] [password=PASSWORD] [pool=NUMBER] [timeout=TIME];',
    args: [3, 7],
    many: true,
    read: readMysql,
  }),
  server: directive({
    contexts: ['edge'],
    usage: 'server { ... }',
    args: NONE,
    many: true,
    opens: true,
    read: () => true,
  }),
  listen: directive({
    contexts: ['server'],
    usage: 'listen PORT|HOST:PORT|[IPV6]:PORT;',
    args: [1, ARGS_MAX],
    read: readListen,
  }),
  server_name: directive({
    contexts: ['server'],
    usage: 'server_name NAME...;',
    args: [1, ARGS_MAX],
    many: true,
    read: (words) => words.map(readServerName),
  }),
  location: directive({
    contexts: ['server'],
    usage: 'location [=] PATH { ... }',
    args: [1, 2],
    many: true,
    opens: true,
    read: readLocation,
  }),
  script: directive<Handler>({
    contexts: ['location'],
    usage: 'script FILE;',
    args: ONE,
    read: ([word]) => ({ kind: 'script', file: readScript(word!) }),
  }),
  return: directive<RewriteConf>({
    contexts: ['location'],
    usage: 'return CODE [TEXT|URL];',
    args: [1, 2],
    read: readReturn,
  }),
  root: directive({
    contexts: HTTP,
    usage: 'root DIR;',
    args: ONE,
    read: ([word]) => read.readReleasePath(word!),
  }),
  set: directive({
    contexts: ['server', 'location'],
    usage: 'set $NAME VALUE;',
    args: [2, 2],
    many: true,
    read: readSet,
  }),
  client_max_body_size: directive({
    contexts: HTTP,
    usage: 'client_max_body_size SIZE;',
    args: ONE,
    read: ([word]) => read.readSize(word!, { min: 0, max: BODY_BYTES_MAX }),
  }),
  websocket_max_payload: directive({
    contexts: HTTP,
    usage: 'websocket_max_payload SIZE;',
    args: ONE,
    read: ([word]) => read.readSize(word!, { min: 1, max: SOCKET_BYTES_MAX }),
  }),
  websocket_max_backpressure: directive({
    contexts: HTTP,
    usage: 'websocket_max_backpressure SIZE;',
    args: ONE,
    read: ([word]) => read.readSize(word!, { min: 1, max: SOCKET_BYTES_MAX }),
  }),
  websocket_idle_timeout: directive({
    contexts: HTTP,
    usage: 'websocket_idle_timeout TIME;',
    args: ONE,
    read: ([word]) => readIdleTimeout(word!),
  }),
}

export type DirectiveName = keyof typeof DIRECTIVES
export type ValueOf<Name extends DirectiveName> = ReturnType<(typeof DIRECTIVES)[Name]['read']>

/** The values of directives that are not given; the same as nginx's where nginx has the directive. */
export const DEFAULTS = {
  worker_processes: 1,
  error_log: { kind: 'stderr', severity: 'error' },
  pid: 'run/server.pid',
  worker_shutdown_timeout: 10_000,
  worker_connections: 1024,
  engine: 'uws',
  code_cache: 'on',
  client_max_body_size: 2 ** 20,
  websocket_max_payload: 64 * 2 ** 10,
  websocket_max_backpressure: 2 ** 20,
  websocket_idle_timeout: 120,
} as const satisfies { [Name in DirectiveName]?: ValueOf<Name> }

export const DIRECTIVE_NAMES = Object.keys(DIRECTIVES) as DirectiveName[]

export function isDirectiveName(name: string): name is DirectiveName {
  return Object.hasOwn(DIRECTIVES, name)
}

function directive<Value>(shape: Directive<Value>): Directive<Value> {
  return shape
}

function readWorkerProcesses(word: Word): number {
  if (word.text === '1' || word.text === 'auto') return 1
  throw new read.BadValue(
    word,
    `${show(word.text)} is not possible: a sandbox is one process; write 1, or "auto", which is 1`,
  )
}

/** A word that may say anything but nothing. */
function readText(word: Word): string {
  if (word.text !== '') return word.text
  throw new read.BadValue(word, 'An empty text is not allowed here')
}

const STORE_OPTIONS = ['user', 'password', 'timeout'] as const
const STORE_TIMEOUT_MS = 5000

function readStoreOptions(options: ReadonlyMap<'user' | 'password' | 'timeout' | 'pool', Word>) {
  const user = options.get('user')?.text
  const password = options.get('password')?.text
  const timeout = options.get('timeout')
  return {
    ...(user ? { user } : {}),
    ...(password ? { password } : {}),
    timeoutMs: timeout === undefined ? STORE_TIMEOUT_MS : read.readTimeBetween(timeout, { min: '1ms', max: '1h' }),
  }
}

function readRedis([name, address, ...rest]: readonly Word[]): RedisConf {
  return {
    name: read.readName(name!, 0, 'a name'),
    address: read.readAddress(address!),
    ...readStoreOptions(read.readOptions(rest, STORE_OPTIONS)),
  }
}

function readMysql([name, address, database, ...rest]: readonly Word[]): MysqlConf {
  const options = read.readOptions(rest, [...STORE_OPTIONS, 'pool'])
  const pool = options.get('pool')
  return {
    name: read.readName(name!, 0, 'a name'),
    address: read.readAddress(address!),
    database: readText(database!),
    pool: pool === undefined ? 10 : read.readNumber(pool, { min: 1, max: 1000 }),
    ...readStoreOptions(options),
  }
}

function readListen([address, ...rest]: readonly Word[]): { host: string; port: number } {
  const [parameter] = rest
  if (parameter !== undefined) {
    throw new read.BadValue(
      parameter,
      `${show(parameter.text)} is a parameter of "listen" that edgeyard does not have: it takes an address alone`,
    )
  }
  const { text } = address!
  if (text.startsWith('unix:'))
    throw new read.BadValue(address!, 'A server listens on TCP: Unix sockets are not supported')
  // Port 0 asks the system for a free one, which tests do.
  if (/^\d+$/.test(text)) return { host: '0.0.0.0', port: read.readPort(address!, 0, 0) }
  if (text.startsWith('*:')) return { host: '0.0.0.0', port: read.readPort(address!, 2, 0) }
  return read.readHostPort(address!, 0)
}

function readServerName(word: Word): string {
  const name = word.text.toLowerCase()
  if (/^[a-z0-9_](?:[a-z0-9._-]{0,252})$/.test(name)) return name
  const nginxs = /[*~]/.test(name[0] ?? '') || name.endsWith('*') || name.startsWith('.')
  const why = nginxs ? 'is a pattern, which edgeyard does not have: write whole names' : 'is not a host name'
  throw new read.BadValue(word, `${show(word.text)} ${why}`)
}

function readLocation([first, second]: readonly Word[]): { match: 'prefix' | 'exact'; path: string } {
  if (second === undefined) {
    // nginx reads `=/path` as it reads `= /path`.
    const exact = /^=(?=\/)/.test(first!.text)
    return { match: exact ? 'exact' : 'prefix', path: readLocationPath(first!, exact ? 1 : 0) }
  }
  if (first!.text === '=') return { match: 'exact', path: readLocationPath(second, 0) }
  const known = ['~', '~*', '^~'].includes(first!.text)
  const what = known ? 'is a modifier that edgeyard does not have' : 'is not a modifier'
  throw new read.BadValue(first!, `${show(first!.text)} ${what}: write location PATH, or location = PATH`)
}

function readLocationPath(word: Word, from: number): string {
  const path = word.text.slice(from)
  if (/^(?:~|\^~|@)/.test(path)) {
    throw new read.BadValue(
      word,
      `${show(path)}: edgeyard has no patterns and no named locations: write location PATH, or location = PATH`,
    )
  }
  if (!path.startsWith('/')) throw new read.BadValue(word, `${show(path)} is not a path: it begins with "/"`)
  if (/\/\/|\/\.{1,2}(?:\/|$)|[?#]/.test(path)) {
    throw new read.BadValue(
      word,
      `${show(path)} would never match: paths are compared without "//", "." and "..", and without the query`,
    )
  }
  return path
}

function readScript(word: Word): string {
  const file = read.readReleasePath(word)
  if (/^src\/.*[^/]\.[cm]?[jt]s$/.test(file)) return file
  throw new read.BadValue(word, `${show(word.text)} is not a script: write a file of the release like "src/main.ts"`)
}

function readReturn([code, text]: readonly Word[]): RewriteConf {
  if (!/^\d{3}$/.test(code!.text) || Number(code!.text) < 200 || Number(code!.text) > 599) {
    throw new read.BadValue(code!, `${show(code!.text)} is not a status: 200 to 599`)
  }
  const status = Number(code!.text)
  const redirects = [301, 302, 303, 307, 308].includes(status)
  if (redirects && !text?.text) throw new read.BadValue(code!, `A redirect needs a URL: return ${status} URL`)
  if (redirects && /[^\x21-\x7e]/.test(text!.text)) {
    throw new read.BadValue(text!, 'A URL of a redirect has only printable ASCII characters and no spaces')
  }
  return { kind: 'return', status, text: text === undefined ? [] : [readPlain(text)] }
}

function readSet([variable, value]: readonly Word[]): { name: string; value: string } {
  if (!variable!.text.startsWith('$')) {
    throw new read.BadValue(
      variable!,
      `${show(variable!.text)} is not a variable: it begins with "$"`,
      `write $${variable!.text}`,
    )
  }
  return { name: read.readName(variable!, 1, 'a variable'), value: readPlain(value!) }
}

/** nginx would expand variables here. We have none, so a text that counts on them is refused, not sent as it stands. */
function readPlain(word: Word): string {
  const variable = /\$(?:\w+|\{\w*\}?)?/.exec(word.text)
  if (variable === null) return word.text
  throw new read.BadValue(word, `"${variable[0]}": edgeyard does not expand variables; compose the text in a script`)
}

/** uWebSockets.js aborts the process for 1 to 7 and for more than 960 seconds. */
function readIdleTimeout(word: Word): number {
  const ms = read.readTime(word)
  const seconds = ms / 1000
  if (Number.isInteger(seconds) && (seconds === 0 || (seconds >= 8 && seconds <= 960))) return seconds
  throw new read.BadValue(word, `${show(word.text)} is out of range: whole seconds from 8s to 960s, or 0 for none`)
}
