// The text of a conf → what an edge-server runs by, or every place that is wrong.
import { EdgeyardError } from '../errors.ts'
import { allOf, type Block, bindBlock, oneOf } from './bind-block.ts'
import type { Conf } from './conf.ts'
import { COMBINED, type LogFormat } from './directives/log.ts'
import { isDirectiveName, standardOf, type ValueOf } from './directives.ts'
import { given, valuesOf } from './inherit.ts'
import { lackingDirective } from './nginx-directives.ts'
import { Problems } from './problems.ts'
import { readServers } from './read-server.ts'
import { type Include, readStatements } from './read-statements.ts'
import { References } from './references.ts'
import { Sources } from './sources.ts'

/** A conf serves one sandbox; ours have under 2 KiB. */
const CONF_LENGTH_MAX = 64 * 1024

export interface ParseOptions {
  /** The name of the conf in messages and diagnostics. */
  readonly file: string
  /** Gives the files that an `include` means. Without it, none can be included: a conf that is only text has no folder. */
  readonly include?: Include
}

/**
 * Parses a conf. Reads nothing but what `include` gives.
 * Throws CONF_INVALID, whose `diagnostics` are all the places that are wrong, in the order of the text.
 */
export function parseConf(text: string, { file, include }: ParseOptions): Conf {
  const problems = new Problems()
  const sources = new Sources()
  if (text.length > CONF_LENGTH_MAX) {
    problems.add(START, `This conf is longer than ${CONF_LENGTH_MAX} characters`)
    sources.add(file, '')
    throw invalid(file, sources, problems)
  }
  const { statements, sound } = readStatements(file, text, { include, isDirective: isKnownName, sources, problems })
  const references = new References()
  const main = bindBlock(statements, 'main', { sound, problems, references, bound: 0 })
  const conf = readConf(file, main, sound ? problems : new Problems())
  if (sound) references.check(problems)
  if (problems.count > 0) throw invalid(file, sources, problems)
  return conf
}

function invalid(file: string, sources: Sources, problems: Problems): EdgeyardError {
  const diagnostics = problems.diagnostics(sources)
  const [first] = diagnostics
  const errors = problems.count === 1 ? 'an error' : `${problems.count} errors, the first`
  const where = first!.file === file ? '' : `of ${first!.file}`
  const line = `line ${first!.line}${where === '' ? '' : ` ${where}`}`
  return new EdgeyardError('CONF_INVALID', `${file} has ${errors} in ${line}: ${first!.message}`, { diagnostics })
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
  const within: Block = edge?.block ?? new Map()
  if (edge !== undefined && allOf(within, 'server').length === 0) problems.add(edge.place, 'This "edge" has no server')
  const errorLogs = valuesOf(allOf(main, 'error_log'))
  const formats = new Map<string, LogFormat>(
    [COMBINED, ...uniquelyNamed(within, 'log_format', problems)].map((format) => [format.name, format]),
  )
  return {
    file,
    workerProcesses: given([main], 'worker_processes'),
    errorLogs: errorLogs.length === 0 ? [standardOf('error_log')] : errorLogs,
    pid: given([main], 'pid'),
    workerConnections: given([events], 'worker_connections'),
    workerShutdownTimeoutMs: given([main], 'worker_shutdown_timeout'),
    engine: given([within], 'engine'),
    codeCache: given([within], 'code_cache'),
    cpuLimit: given([within], 'cpu_limit'),
    memoryLimit: given([within], 'memory_limit'),
    idleStopMs: given([within], 'idle_stop'),
    redis: uniquelyNamed(within, 'redis', problems),
    mysql: uniquelyNamed(within, 'mysql', problems),
    dicts: uniquelyNamed(within, 'dict', problems),
    maps: uniquelyNamed(within, 'map', problems),
    limitReqZones: uniquelyNamed(within, 'limit_req_zone', problems),
    limitConnZones: uniquelyNamed(within, 'limit_conn_zone', problems),
    servers: readServers({ edge: within, formats, problems }),
  }
}

type Named = 'redis' | 'mysql' | 'dict' | 'map' | 'log_format' | 'limit_req_zone' | 'limit_conn_zone'

/** Two of one kind with one name: nobody could tell them apart. */
function uniquelyNamed<Name extends Named>(edge: Block, name: Name, problems: Problems): ValueOf<Name>[] {
  const seen = new Set<string>(name === 'log_format' ? [COMBINED.name] : [])
  for (const { value, argsPlace } of allOf(edge, name)) {
    if (value === undefined) continue
    if (seen.has(value.name)) problems.add(argsPlace, `There is a ${name} called "${value.name}" already`)
    seen.add(value.name)
  }
  return valuesOf(allOf(edge, name))
}
