// What a server writes into its log when it starts: which build carries it, and what is known to be wrong with that build.
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
  /** Whether a second process can listen on the port already while the first still does. If not, a switch refuses connections for a moment. */
  readonly sharesPort: boolean
}

/** Faults of the uWebSockets.js v20.49 that uws-pack carries; seen by `contract-suite.ts` and raw requests. */
const UWS_PACK_FAULTS = [
  'A request line that arrives in two TCP segments is answered with 505',
  'HTTP/1.0 is answered with 505 (nginx in front needs proxy_http_version 1.1)',
  'A request without any header is never answered',
]

/** Looks at the package, not at the engine: nothing is loaded or probed. Throws when the package is not installed. */
export function describeEngine(engine: TransportOptions['engine']): EngineDescription {
  if (engine === 'node') {
    return {
      name: 'node',
      build: `node@${process.versions.node}+${packageOf('ws')}`,
      knownBad: [],
      sharesPort: sharesPort(engine),
    }
  }
  const build = packageOf('uWebSockets.js')
  return {
    name: 'uws',
    build,
    knownBad: build.startsWith('uws-pack@') ? UWS_PACK_FAULTS : [],
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
