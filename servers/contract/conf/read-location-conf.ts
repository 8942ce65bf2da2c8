// A `location` block, and all that it inherits → what counts in it. A server itself is one too: where no location matches.
import { didYouMean } from '../nearest.ts'
import { allOf, type Block, type Bound, oneOf } from './bind-block.ts'
import type { AccessLogConf, FilesConf, GzipConf, Handler, LocationConf, RewriteConf } from './conf.ts'
import type { LogFormat } from './directives/log.ts'
import { given, inherited, listed, type Scopes, valuesOf } from './inherit.ts'
import type { Problems } from './problems.ts'
import { plainText } from './read-text.ts'
import { type Place, show } from './tokenize.ts'

/** The log formats of the conf, by name. */
export type Formats = ReadonlyMap<string, LogFormat>

interface ReadingLocation {
  readonly where: Pick<LocationConf, 'match' | 'path' | 'caseless'>
  readonly block: Block
  /** The block of the server; the same for the server itself. */
  readonly server: Block
  readonly scopes: Scopes
  readonly formats: Formats
  readonly place: Place
  readonly flawed: boolean
  readonly problems: Problems
}

/** Each location has a copy of its server's variables. */
const VARIABLES_MAX = 128

export function readLocationConf(reading: ReadingLocation): LocationConf {
  const { where, block, server, scopes, problems } = reading
  const tryFiles = readTryFiles(reading)
  return {
    ...where,
    internal: where.match === 'named' || oneOf(block, 'internal') !== undefined,
    handler: readHandler(reading),
    rewrites: block === server ? [] : readRewrites(block),
    env: readEnv(reading),
    ...(tryFiles === undefined ? {} : { tryFiles }),
    files: readFiles(reading),
    clientMaxBodySizeBytes: given(scopes, 'client_max_body_size'),
    scriptTimeoutMs: given(scopes, 'script_timeout'),
    allow: valuesOf(listed(scopes, 'allow', 'deny')),
    limitReq: distinct(listed(scopes, 'limit_req'), problems),
    limitReqStatus: given(scopes, 'limit_req_status'),
    limitConn: distinct(listed(scopes, 'limit_conn'), problems),
    limitConnStatus: given(scopes, 'limit_conn_status'),
    errorPages: readErrorPages(reading),
    absoluteRedirect: given(scopes, 'absolute_redirect'),
    addHeaders: valuesOf(listed(scopes, 'add_header')),
    expires: given(scopes, 'expires'),
    gzip: readGzip(scopes),
    accessLogs: readAccessLogs(reading),
    maxPayloadBytes: given(scopes, 'websocket_max_payload'),
    maxBackpressureBytes: given(scopes, 'websocket_max_backpressure'),
    idleTimeoutS: given(scopes, 'websocket_idle_timeout'),
    websocketCompression: given(scopes, 'websocket_compression'),
    websocketOrigins: given(scopes, 'websocket_origin'),
    websocketMessageRate: inherited(scopes, 'websocket_message_rate'),
  }
}

/** `set`, `rewrite`, `return` and `break` of a block itself: they are not inherited. */
export function readRewrites(block: Block): RewriteConf[] {
  return listed([block], 'set', 'rewrite', 'return', 'break').flatMap(({ value }): RewriteConf[] => {
    if (value === undefined) return []
    if (typeof value === 'boolean') return [{ kind: 'break' }]
    return 'kind' in value ? [value] : [{ kind: 'set', ...value }]
  })
}

/** Behind its rewrites: a script, or files of a `root` here or around it, or nothing. */
function readHandler({ block, server, scopes, place, flawed, problems }: ReadingLocation): Handler {
  const script = oneOf(block, 'script')
  const isFiles = scopes.some((scope) => allOf(scope, 'root').length > 0) || oneOf(block, 'alias') !== undefined
  if (block !== server) {
    refuseSecondHandler(block, problems)
    const does = (['return', 'rewrite', 'try_files', 'deny'] as const).some((name) => oneOf(block, name) !== undefined)
    if (script === undefined && !isFiles && !does && !flawed) {
      problems.add(place, 'This location does nothing', 'write one of "script", "return" and "root" into it')
    }
  }
  if (script?.value !== undefined) return { kind: 'script', file: script.value }
  const ends = oneOf(block, 'return') !== undefined && !jumps(block)
  return { kind: script === undefined && isFiles && !ends ? 'files' : 'none' }
}

/** What comes behind an answer is never reached. `try_files` makes sense of files before a script, `break` of a `return` that is jumped. */
function refuseSecondHandler(block: Block, problems: Problems): void {
  const tries = oneOf(block, 'try_files') !== undefined && oneOf(block, 'script') !== undefined
  const names = ['script', jumps(block) ? undefined : 'return', tries ? undefined : 'root', 'alias'] as const
  const found = names.flatMap((name) => (name === undefined ? [] : allOf(block, name).slice(0, 1)))
  const [, second] = found.sort((a, b) => a.order - b.order)
  if (second === undefined) return
  problems.add(
    second.place,
    'A location has one of "script", "return", "root" and "alias"; this one has another already',
  )
}

/** A `return` behind may not be reached. */
function jumps(block: Block): boolean {
  return oneOf(block, 'rewrite') !== undefined || oneOf(block, 'break') !== undefined
}

/** `set` gives some variables plain texts: those are known before any request, so scripts have them from the start. */
function readEnv({ block, server, place, problems }: ReadingLocation): Readonly<Record<string, string>> {
  const env = new Map<string, string>()
  for (const scope of new Set([server, block])) {
    for (const { value } of allOf(scope, 'set')) {
      const plain = value === undefined ? undefined : plainText(value.value)
      if (plain !== undefined) env.set(value!.name, plain)
      else if (value !== undefined) env.delete(value.name)
    }
  }
  if (env.size > VARIABLES_MAX) problems.add(place, `A location has at most ${VARIABLES_MAX} variables`)
  return Object.freeze(Object.fromEntries(env))
}

function readTryFiles({ block, server, where, problems }: ReadingLocation): LocationConf['tryFiles'] {
  const found = oneOf(block, 'try_files')?.value
  if (found === undefined) return undefined
  const { at, ...tryFiles } = found
  if (tryFiles.otherwise.kind === 'named') requireNamed(tryFiles.otherwise.name, at, server, problems)
  if (where.match === 'named' && tryFiles.otherwise.kind === 'named' && tryFiles.otherwise.name === where.path) {
    problems.add(at, `${show(where.path)} would lead to itself`)
  }
  return tryFiles
}

function readErrorPages({ scopes, server, problems }: ReadingLocation): LocationConf['errorPages'] {
  return valuesOf(listed(scopes, 'error_page')).map(({ at, ...errorPage }) => {
    const name = plainText(errorPage.target)
    if (name?.startsWith('@')) requireNamed(name, at, server, problems)
    return errorPage
  })
}

function requireNamed(name: string, at: Place, server: Block, problems: Problems): void {
  const named = allOf(server, 'location').flatMap(({ value }) => (value?.match === 'named' ? [value.path] : []))
  if (named.includes(name)) return
  const hint = didYouMean(name, named) ?? `write location ${name} { ... } into the server`
  problems.add(at, `This server has no location ${show(name)}`, hint)
}

function readFiles({ block, scopes, where, problems }: ReadingLocation): FilesConf {
  const alias = oneOf(block, 'alias')
  if (alias !== undefined && (where.match === 'pattern' || where.match === 'named')) {
    const kind = where.match === 'pattern' ? 'given by a pattern' : 'with a name'
    problems.add(
      alias.place,
      `"alias" needs a path to cut off, which a location ${kind} does not have`,
      'write root DIR;',
    )
  }
  const root = inherited(scopes, 'root')
  let folder: FilesConf['folder']
  if (alias?.value !== undefined) folder = { kind: 'alias', dir: alias.value }
  else if (root !== undefined) folder = { kind: 'root', dir: root }
  return {
    folder,
    index: given(scopes, 'index'),
    etag: given(scopes, 'etag'),
    ifModifiedSince: given(scopes, 'if_modified_since'),
    maxRanges: inherited(scopes, 'max_ranges'),
    types: inherited(scopes, 'types'),
    defaultType: given(scopes, 'default_type'),
  }
}

function readGzip(scopes: Scopes): GzipConf | undefined {
  if (!given(scopes, 'gzip')) return undefined
  return {
    types: given(scopes, 'gzip_types'),
    minLength: given(scopes, 'gzip_min_length'),
    level: given(scopes, 'gzip_comp_level'),
    vary: given(scopes, 'gzip_vary'),
    proxied: given(scopes, 'gzip_proxied'),
  }
}

/** `off` among them ends all of its block. */
function readAccessLogs({ scopes, formats }: ReadingLocation): AccessLogConf[] {
  const logs = listed(scopes, 'access_log').map(({ value }) => value)
  if (logs.includes(undefined)) return []
  return logs.flatMap((log) => {
    const { formatName, ...kept } = log!
    const format = formats.get(formatName)
    return format === undefined ? [] : [{ ...kept, format: format.format, escape: format.escape }]
  })
}

function distinct<Name extends 'limit_req' | 'limit_conn'>(bounds: readonly Bound<Name>[], problems: Problems) {
  const seen = new Set<string>()
  for (const { value, argsPlace } of bounds) {
    if (value === undefined) continue
    if (seen.has(value.zone)) problems.add(argsPlace, `The zone "${value.zone}" is used here already`)
    seen.add(value.zone)
  }
  return valuesOf(bounds)
}
