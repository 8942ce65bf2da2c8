// TypeScript → one CommonJS text a script. Types are not checked: that is the editor's and the developer's own CI's work,
// and it would cost every push seconds.
import { createRequire } from 'node:module'
import { posix } from 'node:path'
import type { BuildFailure, BuildResult } from 'esbuild'
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { builtPath } from '../../servers/contract/release.ts'
import { COMMON_NAMESPACE, NAMESPACE, resolveInside, type SourceFolders } from './resolve-inside.ts'
import { sourcePath } from './source-path.ts'
import { toDiagnostic } from './to-diagnostic.ts'

/** Imported, it would first be searched for what it exports: 45 ms of every push. */
const { build, stop } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild')

export interface BuiltFile {
  /** Relative to the release, with `/`: `build/src/main.js`, `build/src/main.js.map`. */
  readonly path: string
  readonly contents: Uint8Array
}

/**
 * Builds scripts of the files in `folder`, with the common library in the folder `common` where they may use it. Throws `BUILD_FAILED` with a diagnostic for every error. Nothing of what comes out
 * shows a line of the common library. Call {@link stopBuilding} when nothing more is to be built: esbuild is a process of
 * its own.
 */
export async function buildScripts(
  folder: string,
  scripts: readonly string[],
  common: string | null = null,
): Promise<{ files: BuiltFile[]; warnings: Diagnostic[] }> {
  const fallback = scripts[0] ?? 'src/main.ts'
  try {
    const { outputFiles, warnings } = await run({ release: folder, common }, scripts)
    const files = outputFiles.map(({ path, contents }) => {
      const at = posix.relative(OUT, path)
      return { path: at, contents: at.endsWith('.map') ? relativeSources(contents, at) : contents }
    })
    // What is doubtful in the library was told to whoever pushed it.
    const own = warnings.filter(({ location }) => !location?.file.startsWith(`${COMMON_NAMESPACE}:`))
    return { files, warnings: own.map((warning) => toDiagnostic(warning, fallback)) }
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

function run(
  folders: SourceFolders & { readonly release: string },
  scripts: readonly string[],
): Promise<BuildResult<{ write: false }>> {
  return build({
    absWorkingDir: folders.release,
    entryPoints: scripts.map((script) => ({ in: script, out: builtPath(script).slice(0, -'.js'.length) })),
    outdir: OUT,
    write: false,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    // A comment with a licence would be kept, of the common library too.
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: true,
    logLevel: 'silent',
    logLimit: 20,
    // Said here, so that no tsconfig.json is looked for, in the commit or above it.
    tsconfigRaw: '{"compilerOptions":{"target":"es2023","useDefineForClassFields":true}}',
    plugins: [resolveInside(folders)],
  })
}

/**
 * `release:src/main.ts` → `../../src/main.ts`, as seen from the map: what every reader of source maps expects. A file of the
 * common library keeps its name, `../../common/ids.ts`, and loses its text. Throws `BUILD_FAILED` when there is a source
 * that is neither's: nothing else may get into a map.
 */
function relativeSources(contents: Uint8Array, at: string): Uint8Array {
  const map = JSON.parse(Buffer.from(contents).toString()) as { sources: string[]; sourcesContent: (string | null)[] }
  const sources = map.sources.map((source) => {
    const path = sourcePath(source)
    if (path !== undefined) return posix.relative(posix.dirname(at), path)
    throw new EdgeyardError('BUILD_FAILED', 'Cannot build: something in this script leads out of the repository')
  })
  const sourcesContent = map.sourcesContent.map((text, index) =>
    map.sources[index]?.startsWith(`${NAMESPACE}:`) ? text : null,
  )
  return Buffer.from(JSON.stringify({ ...map, sources, sourcesContent }))
}

function count(errors: number): string {
  return errors === 1 ? '1 error' : `${errors} errors`
}
