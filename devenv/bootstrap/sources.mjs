// Whether dist/ is built from the sources as they are now.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the build reads. */
const FOLDERS = ['servers', 'templates', 'hooks', 'devenv', 'logs-viewer']
const FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'logs-viewer/web/tsconfig.json']
const STAMP = 'dist/.sources'

/** True when nothing has to be built. */
export function isBuilt(root) {
  const file = join(root, STAMP)
  return existsSync(file) && readFileSync(file, 'utf8') === fingerprint(root)
}

/** To be called when a build has succeeded; `print` is the fingerprint from before it, so that an edit meanwhile counts. */
export function stampBuild(root, print) {
  writeFileSync(join(root, STAMP), print)
}

/** Of every source's path, size and time of change: reading them all would cost more than it tells. */
export function fingerprint(root) {
  // What V8 has compiled is for one Node alone.
  const hash = createHash('sha256').update(`${process.version} ${process.arch}\n`)
  const files = FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  for (const file of [...FILES, ...files.sort()]) {
    const found = statSync(join(root, file), { throwIfNoEntry: false })
    if (found?.isFile()) hash.update(`${file} ${found.size} ${found.mtimeMs}\n`)
  }
  return hash.digest('hex')
}
