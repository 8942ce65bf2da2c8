// Compiles the project into dist/, from nothing, so that no output of a deleted file stays. It is compiled aside and then moved
// into place: a yard that runs from dist/ finds it whole all the time, and a build that fails changes nothing. The last build
// stays aside until the next: sandboxes that were started from it see that very folder and may still load from it.
import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bundle } from './bundle.mjs'
import { bundleHooks } from './bundle-hooks.mjs'
import { bundlePage } from './bundle-page.mjs'
import { warmUp } from './warm-up.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const sourceRoot = pathToFileURL(root).href
const projects = ['tsconfig.json', 'logs-viewer/web/tsconfig.json'].filter((file) => existsSync(join(root, file)))

/** In node_modules, where neither git nor the linter looks. */
const NEXT = 'node_modules/.edgeyard-dist'
const LAST = 'node_modules/.edgeyard-dist-old'

/** Builds every project of the repository, the bundled edge-server and the bundled page. Throws with the compiler's output when a type is wrong. */
export async function build() {
  const [dist, aside, last] = ['dist', NEXT, LAST].map((name) => join(root, name))
  rmSync(aside, { recursive: true, force: true })
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  for (const project of projects) {
    const info = join(aside, `.tsbuildinfo-${project.replaceAll('/', '-')}`)
    // The outputs move, so their maps name the sources from the root and not from where they lie.
    const args = [tsc, '-p', project, '--outDir', aside, '--tsBuildInfoFile', info, '--sourceRoot', sourceRoot]
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
    if (status === 0) continue
    rmSync(aside, { recursive: true, force: true })
    throw new Error('The TypeScript compiler found errors (above)')
  }
  await bundle(root, join(aside, 'edge-server'))
  await bundleHooks(root, join(aside, 'hook-programs'))
  await bundlePage(root, join(aside, 'logs-viewer/page'))
  const { EDGE_SERVER_NODE_FLAGS } = await import(pathToFileURL(join(aside, 'servers/contract/edge-server.js')).href)
  await warmUp(join(aside, 'edge-server/main.cjs'), EDGE_SERVER_NODE_FLAGS)
  rmSync(last, { recursive: true, force: true })
  if (existsSync(dist)) renameSync(dist, last)
  renameSync(aside, dist)
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await build()
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
