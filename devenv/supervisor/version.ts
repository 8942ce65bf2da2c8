// Which edgeyard this is, and which of two is the newer.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The version in package.json of a checkout or an installed package. */
export async function readVersion(projectRoot: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as { version: string }
  return version
}

/** `0.10.0` is newer than `0.9.3`; what is said behind `-` or `+` counts for nothing. Anything unknown is older. */
export function isNewer(one: string, other: string | undefined): boolean {
  const [a, b] = [one, other ?? ''].map((version) => version.split(/[-+]/)[0]!.split('.').map(Number))
  for (let n = 0; n < 3; n++) {
    const [x, y] = [a?.[n] || 0, b?.[n] || 0]
    if (x !== y) return x > y
  }
  return false
}
