// What the common library offers: its code files, by the name after `common/` in an import.
import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

const CODE = /\.[cm]?[jt]sx?$/
/** Tests, and types that others made. */
const NO_MODULE = /\.(test|spec)\.[cm]?[jt]sx?$|\.d\.[cm]?ts$/

/** Module name → file, sorted: `backoff` → `backoff.ts`, `geo` → `geo/index.ts`, `geo/box` → `geo/box.ts`. */
export async function listModules(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && CODE.test(entry.name) && !NO_MODULE.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
  return new Map(files.map((file) => [moduleName(file), file]))
}

function moduleName(file: string): string {
  return file.replace(CODE, '').replace(/(.)\/index$/, '$1')
}
