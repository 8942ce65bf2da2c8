// A developer whose file is spoilt: brought back with the number that ports and user follow from, and with new secrets. And a number
// that nobody has, because somebody was cut off between the number and the file: given back.
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { isDeveloperName } from '../../servers/contract/names.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { DEVELOPERS_MAX } from '../sandbox/ports.ts'
import { putAsideBroken } from '../state/broken-state.ts'
import { newDeveloper, parseDeveloper, renderDeveloper, type StoredDeveloper } from './developers.ts'

/** What is known of a file or of a claim on a number, `.7`, which is a second name of the file. */
interface Found {
  readonly path: string
  readonly inode: number
  readonly developer: StoredDeveloper | null
}

/**
 * Puts spoilt files aside as `.broken` and writes them anew; returns what was done, for the log. What only the file knew is
 * gone: the secrets, which nobody outside the yard has, are issued anew and reach the stores with the next reconcile.
 */
export async function rebuildDevelopers(layout: YardLayout, nowMs: number): Promise<readonly string[]> {
  const names = await readdir(layout.developers).catch(() => [])
  const files = await findAll(layout, isFile, names)
  const claims = await findAll(layout, (name) => /^\.\d+$/.test(name), names)
  const told: string[] = []
  for (const file of files) {
    const name = basename(file.path, '.json')
    if (file.developer?.name === name) continue
    const kept = claims.find(({ developer }) => developer?.name === name)?.developer ?? null
    const index = kept?.index ?? indexOf(file, files, claims)
    const aside = await putAsideBroken(file.path)
    const developer = kept ?? newDeveloper(name, index)
    await writeFileAtomic(join(layout.developers, `.${index}`), renderDeveloper(developer), { mode: 0o600 })
    await rm(file.path, { force: true })
    await writeFileAtomic(file.path, renderDeveloper(developer), { mode: 0o600 })
    const secrets = kept === null ? 'has new secrets for Redis and MySQL' : 'was brought back from its second copy'
    told.push(
      `The file of developer ${name} was spoilt: ${name} keeps number ${index} and ${secrets}; it is kept as ${aside}`,
    )
  }
  await dropLeft(layout, nowMs)
  return told
}

/** Longer than anybody takes from the first file of a new developer to the last. */
const BEING_MADE_MS = 60_000

/** Claims on numbers that no developer has, and files that were never given a name. */
async function dropLeft(layout: YardLayout, nowMs: number): Promise<void> {
  const names = await readdir(layout.developers).catch(() => [])
  const had = new Set((await findAll(layout, isFile, names)).map(({ developer }) => `.${developer?.index}`))
  for (const name of names) {
    const isLeft = /^\.new-[0-9a-f]+$/.test(name) || (/^\.\d+$/.test(name) && !had.has(name))
    const path = join(layout.developers, name)
    // Of a young one somebody may be just about to make a developer.
    if (!isLeft) continue
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: nowMs }))
    if (nowMs - mtimeMs > BEING_MADE_MS) await rm(path, { force: true })
  }
}

const isFile = (name: string) => isDeveloperName(basename(name, '.json')) && name.endsWith('.json')

/** The number whose claim is the same file; else the one that nobody else has claimed by name; else the lowest that is free. */
function indexOf(file: Found, files: readonly Found[], claims: readonly Found[]): number {
  const numberOf = ({ path }: Found) => Number(basename(path).slice(1))
  const same = claims.find(({ inode }) => inode === file.inode)
  if (same !== undefined) return numberOf(same)
  const taken = new Set(files.flatMap(({ developer }) => developer?.index ?? []))
  const left = claims.map(numberOf).filter((index) => !taken.has(index))
  if (left.length === 1) return left[0]!
  const claimed = new Set(claims.map(numberOf))
  return Array.from({ length: DEVELOPERS_MAX }, (_, i) => i).find((i) => !taken.has(i) && !claimed.has(i)) ?? 0
}

async function findAll(
  { developers }: YardLayout,
  wanted: (name: string) => boolean,
  names: readonly string[],
): Promise<Found[]> {
  return await Promise.all(
    names.filter(wanted).map(async (name) => {
      const path = join(developers, name)
      const [text, { ino }] = await Promise.all([readFile(path, 'utf8'), stat(path)])
      return { path, inode: ino, developer: parseDeveloper(text, path) }
    }),
  )
}
