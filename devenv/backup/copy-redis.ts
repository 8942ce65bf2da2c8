// The data of a Redis that writes meanwhile: its append-only files, as its manifest names them at one moment.
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { EdgeyardError } from '../../servers/contract/errors.ts'

const FOLDER = 'appendonlydir'
const MANIFEST = 'appendonly.aof.manifest'
/** A rewrite takes a moment and the next is far: more than a few in a row are none. */
const TRIES_MAX = 20

/**
 * Nothing but the last file grows, by whole commands at its end, and Redis takes a cut-off last command away when it
 * reads it. Only a rewrite changes the set of files: when one came between, the copy is made again. False when there is no data.
 */
export async function copyRedis(data: string, to: string): Promise<boolean> {
  const source = join(data, FOLDER)
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const before = await readManifest(source)
    if (before === null) return false
    await rm(to, { recursive: true, force: true })
    await mkdir(join(to, FOLDER), { recursive: true, mode: 0o700 })
    try {
      for (const file of filesOf(before)) await copyFile(join(source, file), join(to, FOLDER, file))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
      throw error
    }
    if ((await readManifest(source)) === before) {
      await copyFile(join(source, MANIFEST), join(to, FOLDER, MANIFEST))
      return true
    }
  }
  throw new EdgeyardError('BACKUP_FAILED', `Cannot copy ${source}: Redis rewrites it all the time`)
}

async function readManifest(folder: string): Promise<string | null> {
  return await readFile(join(folder, MANIFEST), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}

/** `file appendonly.aof.1.base.rdb seq 1 type b`, one a line. */
function filesOf(manifest: string): string[] {
  return [...manifest.matchAll(/^file (\S+) /gm)].map((match) => basename(match[1]!))
}
