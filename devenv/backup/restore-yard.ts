// A yard out of a backup: looked at as a whole, built beside its place, and moved there when nothing is missing.

import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { MASTER, REPOSITORIES } from '../../servers/contract/names.ts'
import { readDevelopers } from '../developers/developers.ts'
import { runOk } from '../exec/run-command.ts'
import { gitCommand } from '../git/git.ts'
import { initBare } from '../git/simple.ts'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { waitingDump } from '../supervisor/services/mysql-dump.ts'
import { invalid, MANIFEST_FILE, type Manifest, parseManifest, verifyParts } from './manifest.ts'

/** Throws `BACKUP_INVALID`, or `ROOT_UNUSABLE` for a root that holds something. Then nothing is in the root. */
export async function restoreYard(
  file: string,
  layout: YardLayout,
  onProgress: (line: string) => void,
): Promise<Manifest> {
  const { root } = layout
  const inside = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new EdgeyardError('ROOT_UNUSABLE', `Cannot restore into ${root}: ${messageOf(error)}`, { cause: error })
  })
  if (inside !== null && inside.length > 0) {
    throw new EdgeyardError(
      'ROOT_UNUSABLE',
      `Cannot restore into ${root}: it is not empty; name another with --root, or move it away first`,
    )
  }
  if (!existsSync(file)) throw invalid(`there is no file ${resolve(file)}`)
  await mkdir(dirname(root), { recursive: true })
  const beside = await mkdtemp(`${root}.restoring-`)
  const [parts, fresh] = [join(beside, 'parts'), join(beside, 'yard')]
  try {
    for (const folder of [parts, fresh]) await mkdir(folder)
    const manifest = await unpack(resolve(file), parts)
    onProgress(`${manifest.parts.length} files of ${manifest.createdAt} are as they were saved`)
    await build(parts, yardLayout(fresh), onProgress)
    if (inside !== null) await rmdir(root)
    await rename(fresh, root)
    return manifest
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

async function unpack(file: string, parts: string): Promise<Manifest> {
  const args = ['--extract', '--file', file, '-C', parts, '--no-same-owner', '--no-same-permissions']
  await runOk({ file: 'tar', args }).catch((error: unknown) => {
    throw invalid(messageOf(error).split('\n').slice(0, 3).join(' '))
  })
  const text = await readFile(join(parts, MANIFEST_FILE), 'utf8').catch(() => {
    throw invalid(`it has no ${MANIFEST_FILE}`)
  })
  const manifest = parseManifest(text)
  await verifyParts(parts, manifest)
  return manifest
}

async function build(parts: string, layout: YardLayout, onProgress: (line: string) => void): Promise<void> {
  for (const name of ['state', 'keys', 'yard.yml']) {
    if (existsSync(join(parts, name))) await rename(join(parts, name), join(layout.root, name))
  }
  for (const repository of REPOSITORIES) {
    const bundle = join(parts, 'git', `${repository}.bundle`)
    const folder = layout.repository(repository)
    await mkdir(folder, { recursive: true })
    await initBare(folder)
    // It says itself whether it is whole.
    if (existsSync(bundle)) await runOk(gitCommand(folder, ['fetch', '--quiet', '--no-tags', bundle, 'refs/*:refs/*']))
    onProgress(`${repository} is there`)
  }
  for (const { name, uid } of await readDevelopers(layout)) {
    const data = join(parts, 'redis', name)
    if (!existsSync(data)) continue
    const place = layout.redis(name).data
    await mkdir(join(place, '..'), { recursive: true })
    await rename(data, place)
    if (uid !== null) await give(place, uid)
    onProgress(`redis of ${name} is there`)
  }
  const dump = join(parts, 'mysql.sql')
  if (existsSync(dump)) {
    await rename(dump, waitingDump(layout))
    onProgress(`mariadb of ${MASTER}: its data is loaded at the first start`)
  }
}

/** What a Redis wrote is its own user's. */
async function give(folder: string, uid: number): Promise<void> {
  await chown(folder, uid, uid)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await chown(join(entry.parentPath, entry.name), uid, uid)
  }
}
