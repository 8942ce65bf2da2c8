// Compiles the project into dist/, from nothing: `tsc -b` leaves the outputs of deleted files behind.
import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const projects = ['tsconfig.json', 'logs-viewer/web/tsconfig.json'].filter((file) => existsSync(join(root, file)))

/** Builds every project of the repository. Throws with the compiler's output when a type is wrong. */
export function build() {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-b', ...projects], { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error('The TypeScript compiler found errors (above)')
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    build()
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
