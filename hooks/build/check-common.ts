// The common library by itself: whether each of its modules can be built at all. Types are not checked, as in every push.
import { type BuildFailure, build } from 'esbuild'
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { COMMON } from '../../servers/contract/names.ts'
import { listModules } from './common-modules.ts'
import { resolveInside } from './resolve-inside.ts'
import { toDiagnostic } from './to-diagnostic.ts'

/** The names of the modules, and what is doubtful in them. Throws `BUILD_FAILED` with diagnostics. Nothing is written. */
export async function checkCommon(
  folder: string,
): Promise<{ modules: readonly string[]; warnings: readonly Diagnostic[] }> {
  const modules = await listModules(folder)
  const files = [...modules.values()]
  if (files.length === 0) return { modules: [], warnings: [] }
  const fallback = `${COMMON}/${files[0]}`
  const diagnose = (message: BuildFailure['errors'][number]) => toDiagnostic(message, fallback, { showsCommon: true })
  try {
    const { warnings } = await build({
      absWorkingDir: folder,
      entryPoints: files.map((file, index) => ({ in: file, out: `${index}` })),
      outdir: '/edgeyard-common',
      write: false,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      logLevel: 'silent',
      logLimit: 20,
      tsconfigRaw: '{"compilerOptions":{"target":"es2023","useDefineForClassFields":true}}',
      plugins: [resolveInside({ release: null, common: folder })],
    })
    return { modules: [...modules.keys()], warnings: warnings.map(diagnose) }
  } catch (error) {
    const { errors } = error as Partial<BuildFailure>
    if (!Array.isArray(errors)) throw error
    throw new EdgeyardError('BUILD_FAILED', 'Cannot build the common library', {
      cause: error,
      diagnostics: errors.map(diagnose),
    })
  }
}
