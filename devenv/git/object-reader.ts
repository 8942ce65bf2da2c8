// The objects of a push, without a git for each time: a git stays for what each repository has, and the few new ones are read where
// git has put them.
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { constants, inflate as inflateBeside, inflateSync, type ZlibOptions } from 'node:zlib'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { type CatFile, type ObjectHead, openCatFile } from './cat-file.ts'
import type { Quarantine } from './git.ts'
import type { GitObject } from './read-objects.ts'

const inflate: (data: Buffer, options: ZlibOptions) => Promise<Buffer> = promisify(inflateBeside)

export type ObjectReader = Pick<CatFile, 'read' | 'heads'>

/** A git that was asked nothing for so long ends: it may hold packs open that were replaced. Who is at work pushes again within that. */
const KEEP_MS = 10 * 60_000

interface Kept {
  readonly git: Promise<CatFile>
  timer: NodeJS.Timeout | undefined
}

/** By the repository's folder. */
const kept = new Map<string, Kept>()

/**
 * Reads from a repository and the quarantine of a push. Rejects with what `work` rejects with, and the reader's questions with
 * COMMAND_FAILED.
 */
export async function withObjects<T>(
  folder: string,
  quarantine: Quarantine,
  work: (reader: ObjectReader) => Promise<T>,
): Promise<T> {
  const { GIT_OBJECT_DIRECTORY: fresh } = quarantine
  if (fresh === undefined) return await work(await keptGit(folder))
  if (!hasPacks(fresh)) return await work(looseFirst(fresh, () => keptGit(folder)))
  const git = await openCatFile(folder, quarantine)
  try {
    return await work(git)
  } finally {
    git.close()
  }
}

function keptGit(folder: string): Promise<CatFile> {
  const entry = kept.get(folder) ?? keep(folder)
  clearTimeout(entry.timer)
  entry.timer = setTimeout(() => {
    kept.delete(folder)
    entry.git.then((git) => git.close()).catch(() => {})
  }, KEEP_MS).unref()
  return entry.git
}

function keep(folder: string): Kept {
  const entry: Kept = { git: openCatFile(folder), timer: undefined }
  kept.set(folder, entry)
  const forget = () => {
    if (kept.get(folder) === entry) kept.delete(folder)
  }
  entry.git.then((git) => git.over).then(forget, forget)
  return entry
}

/** git unpacks what a small push brings, and keeps the pack of a large one. */
function hasPacks(objects: string): boolean {
  try {
    return readdirSync(join(objects, 'pack')).length > 0
  } catch {
    return false
  }
}

/** A push brings few loose objects and may ask for thousands: which there are is read once, not asked of the disk for each. */
function looseFirst(objects: string, others: () => Promise<ObjectReader>): ObjectReader {
  const here = looseIn(objects)
  const merge = async <T>(
    ids: readonly string[],
    read: (id: string) => T | Promise<T>,
    ask: (git: ObjectReader, ids: readonly string[]) => Promise<(T | null)[]>,
  ): Promise<(T | null)[]> => {
    const missing = ids.filter((id) => !here.has(id))
    const rest = missing.length === 0 ? [] : await ask(await others(), missing)
    const found: (T | null)[] = []
    let next = 0
    for (const id of ids) found.push(here.has(id) ? await read(id) : rest[next++]!)
    return found
  }
  return {
    read: (ids) =>
      merge(
        ids,
        (id) => readLoose(objects, id),
        (git, missing) => git.read(missing),
      ),
    heads: (ids) =>
      merge(
        ids,
        (id) => readLooseHead(objects, id),
        (git, missing) => git.heads(missing),
      ),
  }
}

/** gitrepository-layout: `objects/4f/2a91…`. */
function looseIn(objects: string): ReadonlySet<string> {
  const folders = readdirSync(objects).filter((name) => /^[0-9a-f]{2}$/.test(name))
  return new Set(folders.flatMap((folder) => readdirSync(join(objects, folder)).map((name) => folder + name)))
}

/** Of a loose object, deflated: the head fits into this many bytes, and these cannot hold more than a thousand times as many. */
const HEAD_BYTES = 512
/** A head of git's: `blob 1234`, and a zero. */
const HEAD_TEXT_MAX = 32

function readLooseHead(objects: string, id: string): ObjectHead {
  const fd = openSync(pathOf(objects, id), 'r')
  try {
    const start = Buffer.alloc(HEAD_BYTES)
    const bytes = readSync(fd, start)
    // The stream is cut off: what it has until then is wanted.
    return parseHead(id, inflateSync(start.subarray(0, bytes), { finishFlush: constants.Z_SYNC_FLUSH })).head
  } finally {
    closeSync(fd)
  }
}

/** What is larger is unpacked on a thread of its own: other pushes have their turn. */
const SMALL_BYTES_MAX = 64 * 1024

async function readLoose(objects: string, id: string): Promise<GitObject> {
  const head = readLooseHead(objects, id)
  const deflated = readFileSync(pathOf(objects, id))
  const options = { maxOutputLength: head.bytes + HEAD_TEXT_MAX }
  const data = head.bytes > SMALL_BYTES_MAX ? await inflate(deflated, options) : inflateSync(deflated, options)
  const { at } = parseHead(id, data)
  return { id, type: head.type, data: data.subarray(at) }
}

function parseHead(id: string, data: Buffer): { readonly head: ObjectHead; readonly at: number } {
  const end = data.indexOf(0)
  const [, type, bytes] = /^([a-z]+) (\d+)$/.exec(data.toString('latin1', 0, Math.min(end, HEAD_TEXT_MAX))) ?? []
  if (type === undefined) throw new EdgeyardError('COMMAND_FAILED', `Cannot read object ${id}: it is no object of git`)
  return { head: { id, type, bytes: Number(bytes) }, at: end + 1 }
}

function pathOf(objects: string, id: string): string {
  return join(objects, id.slice(0, 2), id.slice(2))
}
