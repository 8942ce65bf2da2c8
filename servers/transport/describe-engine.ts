// What a server writes into its log when it starts: which build carries it, what is known to be wrong with that build, and
// the way out.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sharesPort } from '../contract/engine.ts'
import type { TransportOptions } from './port.ts'

export interface EngineDescription {
  readonly name: TransportOptions['engine']
  /** The package that carries the engine, e.g. `uws-pack@20.0.8`. */
  readonly build: string
  /** What clients can notice; one sentence each, empty for a build without known faults. */
  readonly knownBad: readonly string[]
  /** What an operator can do about them. Empty when there are none. */
  readonly wayOut: string
  /** Whether a second process can listen on the port already while the first still does. If not, a switch refuses connections for a moment. */
  readonly sharesPort: boolean
}

/** Faults of the uWebSockets.js v20.49 that uws-pack carries. The contract suite (`contract/delivery.ts`, `contract/malformed.ts`) has a case for each. */
const UWS_PACK_FAULTS = [
  'A request line that arrives in two TCP segments is answered with 505',
  'HTTP/1.0 and a request line with a whole URL are answered with 505 (nginx in front needs proxy_http_version 1.1)',
  'A request that is sent before the one in front of it is answered ends the connection, unless that is answered at once',
  'A head with no header, with an invalid one or behind an empty line is not answered; its connection is cut after 10 s',
  'Headers behind one without a name are not seen',
  'Chunk extensions are not answered, trailers with 505; a chunked request is the last of its connection',
  'A connection that is idle or whose head is not complete is cut after 10 s, and goes on after any number of requests',
]
const UWS_PACK_WAY_OUT =
  '"engine node;" has none of these; the official uWebSockets.js release, in the place of uws-pack in package.json, has not the first'

/** Looks at the package, not at the engine: nothing is loaded or probed. Throws when the package is not installed. */
export function describeEngine(engine: TransportOptions['engine']): EngineDescription {
  if (engine === 'node') {
    return {
      name: 'node',
      build: `node@${process.versions.node}+${packageOf('ws')}`,
      knownBad: [],
      wayOut: '',
      sharesPort: sharesPort(engine),
    }
  }
  const build = packageOf('uWebSockets.js')
  const isFaulty = build.startsWith('uws-pack@')
  return {
    name: 'uws',
    build,
    knownBad: isFaulty ? UWS_PACK_FAULTS : [],
    wayOut: isFaulty ? UWS_PACK_WAY_OUT : '',
    sharesPort: sharesPort(engine),
  }
}

/** `name@version` of what an import of that specifier gives; an alias has the name of what it stands for. */
function packageOf(specifier: string): string {
  let folder = dirname(fileURLToPath(import.meta.resolve(specifier)))
  for (let up = folder; ; up = dirname(folder)) {
    folder = up
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      if (typeof name === 'string' && typeof version === 'string') return `${name}@${version}`
    } catch (error) {
      if (!isMissing(error) || dirname(folder) === folder) throw error
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
