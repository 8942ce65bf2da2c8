// Whether node_modules is what package-lock.json says.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Holds the hash of the lock that node_modules was last found to agree with: the quick answer. */
const STAMP = 'node_modules/.edgeyard-lock'

/** True when `npm ci` has to run in `root`. */
export function needsInstall(root) {
  const lock = readFileSync(join(root, 'package-lock.json'))
  if (read(join(root, STAMP)) === hashOf(lock)) return false
  const hidden = read(join(root, 'node_modules/.package-lock.json'))
  if (hidden === null || !agrees(JSON.parse(String(lock)), JSON.parse(hidden))) return true
  // Somebody has run npm by hand, and well.
  stampModules(root)
  return false
}

/** To be called when `npm ci` has succeeded. */
export function stampModules(root) {
  if (existsSync(join(root, 'node_modules'))) {
    writeFileSync(join(root, STAMP), hashOf(readFileSync(join(root, 'package-lock.json'))))
  }
}

/** Pure: npm's note of what it installed against the lock. A package for another system may be absent. */
export function agrees(lock, hidden) {
  const wanted = Object.entries(lock.packages ?? {}).filter(([path]) => path !== '')
  return wanted.every(([path, entry]) => {
    const found = hidden.packages?.[path]
    if (found === undefined) return entry.optional === true || entry.peer === true
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function hashOf(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}
