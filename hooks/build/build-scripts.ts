// TypeScript → one CommonJS text a script. Types are not checked: that is the editor's and the developer's own CI's work,
// and it would cost every push seconds.
import { posix } from 'node:path'
import { type BuildFailure, type BuildResult, build, stop } from 'esbuild'
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { builtPath } from '../../servers/contract/release.ts'
import { NAMESPACE, resolveInside } from './resolve-inside.ts'
import { toDiagnostic } from './to-diagnostic.ts'

export interface BuiltFile {
  /** Relative to the release, with `/`: `build/src/main.js`, `build/src/main.js.map`. */
  readonly path: string
  readonly contents: Uint8Array
}

/**
 * Builds scripts of the files in `folder`. Throws `BUILD_FAILED` with a diagnostic for every error. Call
 * {@link stopBuilding} when nothing more is to be built: esbuild is a process of its own.
 */
export async function buildScripts(
  folder: string,
  scripts: readonly string[],
): Promise<{ files: BuiltFile[]; warnings: Diagnostic[] }> {
  const fallback = scripts[0] ?? 'src/main.ts'
  try {
    const { outputFiles, warnings } = await run(folder, scripts)
    const files = outputFiles.map(({ path, contents }) => {
      const at = posix.relative(OUT, path)
      return { path: at, contents: at.endsWith('.map') ? relativeSources(contents, at) : contents }
    })
    return { files, warnings: warnings.map((warning) => toDiagnostic(warning, fallback)) }
  } catch (error) {
    const { errors } = error as Partial<BuildFailure>
    if (!Array.isArray(errors)) throw error
    const diagnostics = errors.map((message) => toDiagnostic(message, fallback))
    throw new EdgeyardError('BUILD_FAILED', `Cannot build ${scripts.join(', ')}: ${count(errors.length)}`, {
      cause: error,
      diagnostics,
    })
  }
}

/** Ends esbuild's process. */
export const stopBuilding = stop

/** The folder that esbuild believes the release is. Nothing is written there: no file of the machine has its name. */
const OUT = '/edgeyard-release'

function run(folder: string, scripts: readonly string[]): Promise<BuildResult<{ write: false }>> {
  return build({
    absWorkingDir: folder,
    entryPoints: scripts.map((script) => ({ in: script, out: builtPath(script).slice(0, -'.js'.length) })),
    outdir: OUT,
    write: false,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    sourcemap: 'linked',
    sourcesContent: true,
    logLevel: 'silent',
    logLimit: 20,
    // Said here, so that no tsconfig.json is looked for, in the commit or above it.
    tsconfigRaw: '{"compilerOptions":{"target":"es2023","useDefineForClassFields":true}}',
    plugins: [resolveInside(folder)],
  })
}

/**
 * `release:src/main.ts` → `../../src/main.ts`, as seen from the map: what every reader of source maps expects. Throws
 * `BUILD_FAILED` when there is a source that is not the release's: nothing else may get into a map.
 */
function relativeSources(contents: Uint8Array, at: string): Uint8Array {
  const map = JSON.parse(Buffer.from(contents).toString()) as { sources: string[] }
  const sources = map.sources.map((source) => {
    if (source.startsWith(`${NAMESPACE}:`)) return posix.relative(posix.dirname(at), source.slice(NAMESPACE.length + 1))
    throw new EdgeyardError('BUILD_FAILED', 'Cannot build: something in this script leads out of the repository')
  })
  return Buffer.from(JSON.stringify({ ...map, sources }))
}

function count(errors: number): string {
  return errors === 1 ? '1 error' : `${errors} errors`
}
