// Who has a sandbox: one JSON file each under <root>/state/developers, 0600, with the secrets of their stores.
import { randomBytes } from 'node:crypto'
import { access, link, mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { isDeveloperName, MASTER, parseDeveloperName } from '../../servers/contract/names.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { DEVELOPERS_MAX } from '../sandbox/ports.ts'
import { readState } from '../state/broken-state.ts'
import { parseState, renderState } from '../state/state-version.ts'
import { readUidBase } from './uids.ts'

export interface Developer {
  readonly name: string
  /** 0 for master; from 1 for the others. Ports and uid follow from it. Nobody else has it while this developer exists. */
  readonly index: number
  /** The user of their Redis, from which those of their sandboxes follow (`uids.ts`); null without root rights, where all share one. */
  readonly uid: number | null
  readonly redisPassword: string
  readonly mysqlPassword: string
  /** ISO 8601 UTC. */
  readonly createdAt: string
}

/** 192 bits, as hexadecimal: safe in every conf, URL and command line. */
const PASSWORD_BYTES = 24

/** Every developer, master first, by index. Makes master on first use. Throws `ROOT_UNUSABLE` for a file that is not whole. */
export async function readDevelopers(layout: YardLayout): Promise<readonly Developer[]> {
  const names = await namesIn(layout.developers)
  if (!names.includes(MASTER)) {
    await createDeveloper(layout, MASTER, [0])
    names.push(MASTER)
  }
  const developers = await Promise.all(names.map((name) => readDeveloper(layout, name)))
  return developers.filter((developer) => developer !== null).sort((a, b) => a.index - b.index)
}

/** Throws `DEVELOPER_NAME`, `DEVELOPER_EXISTS`, or `DEVELOPER_UNKNOWN` when every index is taken. Safe beside itself. */
export async function addDeveloper(layout: YardLayout, name: string): Promise<Developer> {
  parseDeveloperName(name)
  const developers = await readDevelopers(layout)
  if (developers.some((developer) => developer.name === name)) throw exists(name)
  if (!(await createDeveloper(layout, name, indexesLeft(developers)))) throw exists(name)
  return (await readDeveloper(layout, name))!
}

/** Adds those who are not there yet. Throws as {@link addDeveloper}, with those before the wrong one added. */
export async function addMissingDevelopers(layout: YardLayout, names: readonly string[]): Promise<void> {
  const developers = await readDevelopers(layout)
  const known = new Set(developers.map(({ name }) => name))
  const indexes = indexesLeft(developers)
  for (const name of names.map(parseDeveloperName)) {
    if (known.has(name)) continue
    await createDeveloper(layout, name, indexes)
    known.add(name)
    indexes.shift()
  }
}

function indexesLeft(developers: readonly Developer[]): number[] {
  const taken = new Set(developers.map(({ index }) => index))
  return Array.from({ length: DEVELOPERS_MAX }, (_, i) => i).filter((index) => !taken.has(index))
}

/** Forgets a developer, secrets and all. Their folders and branches are not touched. Throws as {@link requireRemovable}. */
export async function removeDeveloper(layout: YardLayout, name: string): Promise<Developer> {
  const developer = await requireRemovable(layout, name)
  await rm(fileOf(layout, name), { force: true })
  await rm(claimOf(layout, developer.index), { force: true })
  return developer
}

/** Throws `DEVELOPER_UNKNOWN`, and `DEVELOPER_NAME` for master. */
export async function requireRemovable(layout: YardLayout, name: string): Promise<Developer> {
  if (name === MASTER) {
    throw new EdgeyardError('DEVELOPER_NAME', `Cannot remove "${MASTER}": every developer inherits from it`)
  }
  const developer = isDeveloperName(name) ? await readDeveloper(layout, name) : null
  if (developer === null)
    throw new EdgeyardError('DEVELOPER_UNKNOWN', `Cannot remove "${name}": there is no such developer`)
  return developer
}

/** Throws `DEVELOPER_UNKNOWN`. Master is there without having been made. */
export async function requireDeveloper(layout: YardLayout, name: string): Promise<void> {
  if (name === MASTER || (await readDeveloper(layout, name)) !== null) return
  throw new EdgeyardError('DEVELOPER_UNKNOWN', `Cannot find a developer "${name}": see "edgeyard dev list"`)
}

/** Whether there is one, without a look at what the file holds. */
export async function hasDeveloper(layout: YardLayout, name: string): Promise<boolean> {
  return await access(fileOf(layout, name)).then(
    () => true,
    () => false,
  )
}

/** One developer, or null. `name` may be anything. */
export async function readDeveloper(layout: YardLayout, name: string): Promise<Developer | null> {
  if (!isDeveloperName(name)) return null
  const file = fileOf(layout, name)
  const text = await readState(file)
  if (text === null) return null
  const developer = parseDeveloper(text, file)
  if (developer === null || developer.name !== name) {
    throw new EdgeyardError(
      'ROOT_UNUSABLE',
      `Cannot use ${file}: it is not a whole developer file; bring it back from a backup, or let the next "edgeyard up" issue new secrets`,
    )
  }
  return { ...developer, uid: process.getuid?.() === 0 ? (await readUidBase(layout)) + developer.index : null }
}

/** What the file holds. */
export type StoredDeveloper = Omit<Developer, 'uid'>

/** Null for what is no whole developer. Throws as {@link parseState}. */
export function parseDeveloper(text: string, file: string): StoredDeveloper | null {
  const { name, index, redisPassword, mysqlPassword, createdAt } = (parseState(text, file) ??
    {}) as Partial<StoredDeveloper>
  const whole = Number.isInteger(index) && index! >= 0 && index! < DEVELOPERS_MAX
  const texts = [name, redisPassword, mysqlPassword, createdAt]
  if (!whole || !texts.every((field) => typeof field === 'string' && field !== '')) return null
  return {
    name: name!,
    index: index!,
    redisPassword: redisPassword!,
    mysqlPassword: mysqlPassword!,
    createdAt: createdAt!,
  }
}

/** A developer with secrets that nobody has had before. */
export function newDeveloper(name: string, index: number): StoredDeveloper {
  const secret = () => randomBytes(PASSWORD_BYTES).toString('hex')
  return { name, index, redisPassword: secret(), mysqlPassword: secret(), createdAt: new Date().toISOString() }
}

export const renderDeveloper = (developer: StoredDeveloper): string => renderState(developer, { indent: 2 })

/**
 * Gives the name the first free of the indexes. The file is written aside, linked as `.<index>` (which fails if somebody
 * has the index) and then as `<name>.json` (which fails if somebody has the name): two at once never get the same.
 * False when the name is taken.
 */
async function createDeveloper(layout: YardLayout, name: string, indexes: readonly number[]): Promise<boolean> {
  await mkdir(layout.developers, { recursive: true, mode: 0o700 })
  for (const index of indexes) {
    const aside = join(layout.developers, `.new-${randomBytes(6).toString('hex')}`)
    await writeWhole(aside, renderDeveloper(newDeveloper(name, index)))
    try {
      if (!(await linked(aside, claimOf(layout, index)))) continue
      if (await linked(aside, fileOf(layout, name))) return true
      await rm(claimOf(layout, index), { force: true })
      return false
    } finally {
      await rm(aside, { force: true })
    }
  }
  // Master's one index can only be taken by a master that was made beside us.
  if (name === MASTER) return false
  throw new EdgeyardError(
    'DEVELOPER_EXISTS',
    `Cannot add "${name}": a yard has room for ${DEVELOPERS_MAX - 1} developers`,
  )
}

async function writeWhole(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .filter(isDeveloperName)
}

const fileOf = (layout: YardLayout, name: string) => join(layout.developers, `${name}.json`)
const claimOf = (layout: YardLayout, index: number) => join(layout.developers, `.${index}`)

function exists(name: string): EdgeyardError {
  return new EdgeyardError('DEVELOPER_EXISTS', `Cannot add "${name}": there is such a developer already`)
}
