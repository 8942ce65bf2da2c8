// The log page as browsers get it: one script and one style sheet for the records, one of each for the documentation.
import { join } from 'node:path'

/** Bundles and minifies the sources under `root` into `folder`. What browsers are to run has been checked by the compiler before. */
export async function bundlePage(root, folder) {
  const { build } = await import('esbuild')
  await build({
    absWorkingDir: join(root, 'logs-viewer/web'),
    entryPoints: ['app.ts', 'docs.ts', 'app.css', 'docs.css'],
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    legalComments: 'none',
    logLevel: 'error',
  })
}
