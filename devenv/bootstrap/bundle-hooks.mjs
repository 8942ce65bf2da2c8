// The programs that git runs at a push, as a few files each instead of fifty: a push waits for every one of them to be found and read.
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Bundles the hooks of the sources under `root` into `folder`. What is imported on first use stays a file of its own. */
export async function bundleHooks(root, folder) {
  const { build } = await import('esbuild')
  await build({
    absWorkingDir: root,
    entryPoints: { 'run-alone': 'hooks/push/run-alone.ts', 'serve-hooks': 'hooks/relay/main.ts' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.17',
    packages: 'external',
    outdir: folder,
    entryNames: '[name]',
    // Names stay: they are in stacks.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'error',
  })
  await copyFile(join(root, 'hooks/relay/relay.pl'), join(folder, 'relay.pl'))
}
