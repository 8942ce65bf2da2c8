// A yard in one file: everything that cannot be made again. Releases, confs and the documentation come out of git, records
// are not in it. The yard may be running: each part is the one of some moment, git's and MariaDB's as their own tools say it.

import { existsSync } from 'node:fs'
import { chmod, copyFile, cp, mkdir, mkdtemp, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { REPOSITORIES } from '../../servers/contract/names.ts'
import { readDevelopers } from '../developers/developers.ts'
import { runOk } from '../exec/run-command.ts'
import { gitCommand } from '../git/git.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { readSettings } from '../settings/read-settings.ts'
import { dumpMysql } from '../supervisor/services/mysql-dump.ts'
import { copyRedis } from './copy-redis.ts'
import { MANIFEST_FILE, type Manifest, makeManifest } from './manifest.ts'

/** The endings of a file, and how tar packs it. */
const PACKING: readonly (readonly [ending: RegExp, option: string])[] = [
  [/\.(tar\.gz|tgz)$/, '--gzip'],
  [/\.tar\.zst$/, '--zstd'],
]

export interface Backup {
  readonly file: string
  readonly bytes: number
  readonly manifest: Manifest
}

/** Throws `BACKUP_FAILED`; then there is no new file, and one that was there is untouched. */
export async function backupYard(
  layout: YardLayout,
  target: string,
  { now, onProgress }: { now: Date; onProgress(line: string): void },
): Promise<Backup> {
  const file = resolve(target)
  const packing = PACKING.find(([ending]) => ending.test(file))?.[1]
  if (packing === undefined) throw failed(`${file} must end in .tar.gz or .tar.zst`)
  if (existsSync(file)) throw failed(`${file} is there already`)
  if (!existsSync(dirname(file))) throw failed(`there is no folder ${dirname(file)}`)
  // Beside the file: where there is room for the one there should be room for the other.
  const parts = await mkdtemp(`${file}.parts-`)
  try {
    const developers = await collect(layout, parts, onProgress)
    const manifest = await makeManifest(parts, { createdAt: now.toISOString(), root: layout.root, developers })
    await writeFile(join(parts, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`)
    onProgress(`packing ${inMib(manifest.parts.reduce((sum, part) => sum + part.bytes, 0))}`)
    return { file, bytes: await pack(parts, file, packing), manifest }
  } catch (error) {
    throw error instanceof EdgeyardError && error.code === 'BACKUP_FAILED' ? error : failed(messageOf(error))
  } finally {
    await rm(parts, { recursive: true, force: true })
  }
}

/** Returns the developers who are in it. */
async function collect(layout: YardLayout, parts: string, onProgress: (line: string) => void): Promise<string[]> {
  const removed = join(layout.state, 'removed')
  await cp(layout.state, join(parts, 'state'), { recursive: true, filter: (source) => source !== removed })
  if (existsSync(layout.keys)) await cp(layout.keys, join(parts, 'keys'), { recursive: true })
  if (existsSync(layout.settings)) await copyFile(layout.settings, join(parts, basename(layout.settings)))
  onProgress('settings, developers, secrets, keys and the host key')
  await mkdir(join(parts, 'git'))
  for (const repository of REPOSITORIES) {
    const folder = layout.repository(repository)
    const refs = await runOk(gitCommand(folder, ['for-each-ref', '--format=%(refname)']))
    const count = refs.stdout.toString().split('\n').filter(Boolean).length
    // git makes no bundle of nothing.
    const bundle = join(parts, 'git', `${repository}.bundle`)
    if (count > 0) await runOk(gitCommand(folder, ['bundle', 'create', '--quiet', bundle, '--all']))
    onProgress(`${repository}: ${count} refs${count === 0 ? '' : `, ${inMib((await stat(bundle)).size)}`}`)
  }
  const developers = (await readDevelopers(layout)).map(({ name }) => name)
  for (const name of developers) {
    if (await copyRedis(layout.redis(name).data, join(parts, 'redis', name))) onProgress(`redis of ${name}`)
  }
  if ((await readSettings(layout.settings)).mysql !== null) {
    onProgress('MySQL is another machine’s: it is not in this backup')
  } else if (existsSync(layout.mysql.data)) {
    const dump = join(parts, 'mysql.sql')
    const databases = await dumpMysql(layout.mysql.socket, dump).catch((error: unknown) => {
      throw failed(`MariaDB does not answer (${messageOf(error).split('\n')[0]}); the yard must be up for its data`)
    })
    onProgress(`mariadb: ${databases.join(', ')}, ${inMib((await stat(dump)).size)}`)
  }
  return developers
}

/** Whole or not at all, and nobody else's to read from its first byte on. */
async function pack(parts: string, file: string, packing: string): Promise<number> {
  const fresh = `${file}.new`
  try {
    await (await open(fresh, 'w', 0o600)).close()
    await chmod(fresh, 0o600)
    // The manifest first: what it is can be read without unpacking all of it.
    const names = [MANIFEST_FILE, ...(await readdir(parts)).filter((name) => name !== MANIFEST_FILE).sort()]
    await runOk({ file: 'tar', args: [packing, '--create', '--file', fresh, '-C', parts, '--', ...names] })
    const handle = await open(fresh, 'r')
    await handle.sync().finally(() => handle.close())
    await rename(fresh, file)
    return (await stat(file)).size
  } finally {
    await rm(fresh, { force: true })
  }
}

export function inMib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}

function failed(why: string): EdgeyardError {
  return new EdgeyardError('BACKUP_FAILED', `Cannot make the backup: ${why}`)
}
