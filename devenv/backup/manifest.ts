// What is in a backup, with a checksum of every file: a restore believes nothing else.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { EdgeyardError } from '../../servers/contract/errors.ts'

export const MANIFEST_FILE = 'manifest.json'
/** A later edgeyard reads earlier ones; an earlier one refuses later ones. */
const VERSION = 1

export interface Part {
  /** With `/`, from the top of the archive. */
  readonly path: string
  readonly bytes: number
  /** SHA-256, hexadecimal. */
  readonly sha256: string
}

export interface Manifest {
  readonly version: typeof VERSION
  /** ISO 8601 UTC. */
  readonly createdAt: string
  /** The root it was made of. */
  readonly root: string
  readonly developers: readonly string[]
  readonly parts: readonly Part[]
}

export async function makeManifest(
  folder: string,
  about: Pick<Manifest, 'createdAt' | 'root' | 'developers'>,
): Promise<Manifest> {
  return { version: VERSION, ...about, parts: await readParts(folder) }
}

/** Throws `BACKUP_INVALID` for what is none of ours, or of a later edgeyard. */
export function parseManifest(text: string): Manifest {
  try {
    const manifest = JSON.parse(text) as Omit<Manifest, 'version'> & { version: number }
    if (manifest.version > VERSION) throw invalid('a later edgeyard made it: restore it with that one')
    const whole =
      manifest.version === VERSION &&
      [manifest.createdAt, manifest.root].every((field) => typeof field === 'string') &&
      Array.isArray(manifest.developers) &&
      Array.isArray(manifest.parts)
    if (whole) return manifest as Manifest
  } catch (error) {
    if (error instanceof EdgeyardError) throw error
  }
  throw invalid(`its ${MANIFEST_FILE} is not one of edgeyard`)
}

/** Throws `BACKUP_INVALID` and names the first files that are missing, strange or changed. */
export async function verifyParts(folder: string, { parts }: Manifest): Promise<void> {
  const found = new Map((await readParts(folder)).map((part) => [part.path, part]))
  const wrong = parts.flatMap(({ path, bytes, sha256 }) => {
    const part = found.get(path)
    found.delete(path)
    if (part === undefined) return [`${path} is missing`]
    return part.bytes === bytes && part.sha256 === sha256 ? [] : [`${path} is not what was saved`]
  })
  wrong.push(...[...found.keys()].map((path) => `${path} was not saved by edgeyard`))
  if (wrong.length > 0) throw invalid(wrong.slice(0, WRONG_MAX).join('; '))
}

const WRONG_MAX = 5

/** All files but the manifest, by path. Links and the like are none of ours. */
async function readParts(folder: string): Promise<Part[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const strange = entries.find((entry) => !entry.isFile() && !entry.isDirectory())
  if (strange !== undefined) throw invalid(`${strange.name} is neither a file nor a folder`)
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => path !== MANIFEST_FILE)
    .sort()
  const parts: Part[] = []
  for (const path of paths) {
    const hash = createHash('sha256')
    await pipeline(createReadStream(join(folder, path)), hash)
    parts.push({ path, bytes: (await stat(join(folder, path))).size, sha256: hash.digest('hex') })
  }
  return parts
}

export function invalid(why: string): EdgeyardError {
  return new EdgeyardError('BACKUP_INVALID', `Cannot use this backup: ${why}`)
}
