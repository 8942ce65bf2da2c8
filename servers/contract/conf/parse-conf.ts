// The text of a conf → what an edge-server runs by, or every place that is wrong.
import { EdgeyardError } from '../errors.ts'
import { allOf, type Block, type Bound, bindBlock, oneOf } from './bind-block.ts'
import type { Conf, FilesConf, Handler, LocationConf, RewriteConf, ServerConf } from './conf.ts'
import { DEFAULTS, type DirectiveName, isDirectiveName, type ValueOf } from './directives.ts'
import { lackingDirective } from './nginx-directives.ts'
import { parseStatements } from './parse-statements.ts'
import { Problems } from './problems.ts'
import { type Place, tokenize } from './tokenize.ts'

/** A conf serves one sandbox; ours have under 2 KiB. */
const CONF_LENGTH_MAX = 64 * 1024

/** Each location has a copy of its server's variables. */
const VARIABLES_MAX = 128

/**
 * Parses a conf. `file` is its name in messages and diagnostics.
 * Throws CONF_INVALID, whose `diagnostics` are all the places that are wrong, in the order of the text.
 */
export function parseConf(text: string, { file }: { file: string }): Conf {
  const problems = new Problems()
  if (text.length > CONF_LENGTH_MAX) {
    problems.add({ start: 0, end: 0 }, `This conf is longer than ${CONF_LENGTH_MAX} characters`)
    throw invalid(file, '', problems)
  }
  const { statements, sound } = parseStatements(tokenize(text, problems), isKnownName, problems)
  const conf = readConf(file, bindBlock(statements, 'main', sound, problems), sound ? problems : new Problems())
  if (problems.count > 0) throw invalid(file, text, problems)
  return conf
}

function invalid(file: string, text: string, problems: Problems): EdgeyardError {
  const diagnostics = problems.diagnostics(file, text)
  const [first] = diagnostics
  const errors = problems.count === 1 ? 'an error' : `${problems.count} errors, the first`
  return new EdgeyardError('CONF_INVALID', `${file} has ${errors} in line ${first!.line}: ${first!.message}`, {
    diagnostics,
  })
}

/** Of ours or of nginx's: whoever forgets a `;` may go on with either. */
function isKnownName(name: string): boolean {
  return isDirectiveName(name) || lackingDirective(name) !== undefined
}

const START = { start: 0, end: 0 }

function readConf(file: string, main: Block, problems: Problems): Conf {
  const events = oneOf(main, 'events')?.block ?? new Map()
  const edge = oneOf(main, 'edge')
  if (edge === undefined) problems.add(START, 'There is no "edge" block', 'write edge { server { ... } }')
  const within = edge?.block ?? new Map()
  if (edge !== undefined && allOf(within, 'server').length === 0) problems.add(edge.place, 'This "edge" has no server')
  const errorLogs = present(main, 'error_log')
  return {
    file,
    workerProcesses: given(main, 'worker_processes'),
    errorLogs: errorLogs.length === 0 ? [DEFAULTS.error_log] : errorLogs,
    pid: given(main, 'pid'),
    workerConnections: given(events, 'worker_connections'),
    workerShutdownTimeoutMs: given(main, 'worker_shutdown_timeout'),
    engine: given(within, 'engine'),
    codeCache: given(within, 'code_cache'),
    cpuLimit: { softMs: 200, hardMs: 5000 },
    memoryLimit: { softBytes: 0, hardBytes: 0 },
    redis: uniquelyNamed(within, 'redis', problems),
    mysql: uniquelyNamed(within, 'mysql', problems),
    dicts: [],
    maps: [],
    limitReqZones: [],
    limitConnZones: [],
    servers: readServers(within, problems),
  }
}

/** Two stores of one kind with one name: a script could not tell them apart. */
function uniquelyNamed<Name extends 'redis' | 'mysql'>(edge: Block, name: Name, problems: Problems): ValueOf<Name>[] {
  const seen = new Set<string>()
  for (const { value, argsPlace } of allOf(edge, name)) {
    if (value === undefined) continue
    if (seen.has(value.name)) problems.add(argsPlace, `There is a ${name} called "${value.name}" already`)
    seen.add(value.name)
  }
  return present(edge, name)
}

function readServers(edge: Block, problems: Problems): ServerConf[] {
  const taken = new Set<string>()
  return allOf(edge, 'server').map(({ place, block }) => {
    const listen = oneOf(block, 'listen')
    if (listen === undefined) problems.add(place, 'This server has no "listen"', 'write listen PORT;')
    const names = allOf(block, 'server_name')
    const serverNames = names.flatMap(({ value }) => value ?? [])
    if (listen?.value !== undefined && names.every(({ value }) => value !== undefined)) {
      const address = `${listen.value.host}:${listen.value.port}`
      for (const name of serverNames.length === 0 ? [''] : serverNames) {
        // nginx ignores the second one with a warning; whoever wrote it did not mean that.
        const key = `${address} ${name}`
        const called = name === '' ? 'without a name' : `called "${name}"`
        if (taken.has(key))
          problems.add((names[0] ?? listen).argsPlace, `There is a server ${called} on ${address} already`)
        taken.add(key)
      }
    }
    return {
      listens: [{ address: listen?.value ?? { host: '', port: 0 }, ssl: false, defaultServer: false }],
      serverNames: [...new Set(serverNames)].map((name) => ({ kind: 'exact', name })),
      rewrites: [],
      realIp: { from: [], header: 'x-real-ip', recursive: false },
      timeouts: {
        clientHeaderMs: 60_000,
        clientBodyMs: 60_000,
        sendMs: 60_000,
        keepaliveMs: 75_000,
        keepaliveRequests: 1000,
      },
      locations: readLocations([block, edge], problems),
      base: { match: 'prefix', path: '/', ...scoped([block, edge], { kind: 'none' }, [], {}) },
    }
  })
}

function readLocations([server, edge]: readonly [Block, Block], problems: Problems): LocationConf[] {
  const seen = new Set<string>()
  return allOf(server, 'location').flatMap(({ value, place, argsPlace, block }) => {
    const scopes = [block, server, edge]
    const { handler, rewrites } = readHandler(scopes, place, problems)
    const env = readEnv(server, block, place, problems)
    if (value === undefined) return []
    const key = `${value.match} ${value.path}`
    if (seen.has(key)) problems.add(argsPlace, `There is a location for this path already`)
    seen.add(key)
    return { ...value, ...scoped(scopes, handler, rewrites, env) }
  })
}

/** What a location has of its own and from the blocks around it. */
function scoped(
  scopes: readonly Block[],
  handler: Handler,
  rewrites: readonly RewriteConf[],
  env: LocationConf['env'],
): Omit<LocationConf, 'match' | 'path'> {
  return {
    caseless: false,
    internal: false,
    handler,
    rewrites,
    env,
    files: readFiles(scopes),
    clientMaxBodySizeBytes: inherited(scopes, 'client_max_body_size'),
    scriptTimeoutMs: 60_000,
    allow: [],
    limitReq: [],
    limitReqStatus: 503,
    limitConn: [],
    limitConnStatus: 503,
    errorPages: [],
    addHeaders: [],
    expires: { kind: 'off' },
    gzip: undefined,
    accessLogs: [],
    maxPayloadBytes: inherited(scopes, 'websocket_max_payload'),
    maxBackpressureBytes: inherited(scopes, 'websocket_max_backpressure'),
    idleTimeoutS: inherited(scopes, 'websocket_idle_timeout'),
    websocketCompression: false,
    websocketOrigins: 'any',
    websocketMessageRate: undefined,
  }
}

function readFiles(scopes: readonly Block[]): FilesConf {
  const root = scopes.flatMap((block) => allOf(block, 'root'))[0]?.value
  return {
    folder: root === undefined ? undefined : { kind: 'root', dir: root },
    index: ['index.html'],
    etag: true,
    ifModifiedSince: 'exact',
    maxRanges: undefined,
    types: undefined,
    defaultType: 'text/plain',
  }
}

/** Exactly one of script, return and root; a `root` around the location serves when it has none of its own. */
function readHandler(
  scopes: readonly Block[],
  place: Place,
  problems: Problems,
): { handler: Handler; rewrites: readonly RewriteConf[] } {
  const [location] = scopes
  const own = (['script', 'return', 'root'] as const).flatMap((name) => allOf(location!, name).slice(0, 1))
  const found = own.sort((a, b) => a.place.start - b.place.start)
  if (found.length > 1) {
    problems.add(found[1]!.place, 'A location has one of "script", "return" and "root"; this one has another already')
  }
  const script = oneOf(location!, 'script')
  const returned = oneOf(location!, 'return')
  const rewrites = returned?.value === undefined ? [] : [returned.value]
  if (script !== undefined) return { handler: script.value ?? { kind: 'none' }, rewrites }
  if (returned !== undefined) return { handler: { kind: 'none' }, rewrites }
  if (scopes.some((block) => allOf(block, 'root').length > 0)) return { handler: { kind: 'files' }, rewrites }
  problems.add(place, 'This location does nothing', 'write one of "script", "return" and "root" into it')
  return { handler: { kind: 'none' }, rewrites }
}

function readEnv(server: Block, location: Block, place: Place, problems: Problems): Readonly<Record<string, string>> {
  const env = new Map<string, string>()
  for (const { value } of allOf(server, 'set')) if (value !== undefined) env.set(value.name, value.value)
  const own = new Set<string>()
  for (const { value, argsPlace } of allOf(location, 'set')) {
    if (value === undefined) continue
    if (own.has(value.name)) problems.add(argsPlace, `"$${value.name}" is set already in this location`)
    own.add(value.name)
    env.set(value.name, value.value)
  }
  if (env.size > VARIABLES_MAX) problems.add(place, `A location has at most ${VARIABLES_MAX} variables`)
  return Object.freeze(Object.fromEntries(env))
}

type Defaulted = keyof typeof DEFAULTS & DirectiveName

function given<Name extends Defaulted>(block: Block, name: Name): ValueOf<Name> {
  return inherited([block], name)
}

/** The value in the innermost block that gives one. */
function inherited<Name extends Defaulted>(scopes: readonly Block[], name: Name): ValueOf<Name> {
  for (const scope of scopes) {
    const bound: Bound<Name> | undefined = oneOf(scope, name)
    if (bound?.value !== undefined) return bound.value
  }
  return DEFAULTS[name] as ValueOf<Name>
}

function present<Name extends DirectiveName>(block: Block, name: Name): ValueOf<Name>[] {
  return allOf(block, name).flatMap(({ value }) => (value === undefined ? [] : [value]))
}
