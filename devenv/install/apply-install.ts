// The planned files against those of the machine, below a prefix: what is there already stays, what is not ours is not touched.
import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { type InstallFile, MARK } from './plan-install.ts'

export type Change = 'written' | 'changed' | 'unchanged' | 'removed'

export interface Installed {
  readonly path: string
  readonly change: Change
}

export interface ApplyOptions {
  /** Where `/` is. */
  readonly prefix: string
  /** Only says what it would do. */
  readonly dryRun: boolean
}

/** All or none: throws `ROOT_UNUSABLE` before anything is written when a file is somebody else's or another yard's. */
export async function applyInstall(
  files: readonly InstallFile[],
  options: ApplyOptions,
): Promise<readonly Installed[]> {
  const plans = await Promise.all(
    files.map(async (file) => {
      const path = join(options.prefix, file.path)
      const now = await readOurs(path, markOf(file))
      const change = now === null ? 'written' : now === file.text ? 'unchanged' : 'changed'
      return { path, text: file.text, change } as const
    }),
  )
  for (const { path, text, change } of plans) {
    if (options.dryRun || change === 'unchanged') continue
    await mkdir(dirname(path), { recursive: true })
    await writeFileAtomic(path, text, { mode: 0o644 })
  }
  return plans.map(({ path, change }) => ({ path, change }))
}

/** Removes what an install for this root has written, also what it would not write any more. */
export async function removeInstall(
  files: readonly InstallFile[],
  { prefix, dryRun }: ApplyOptions,
): Promise<readonly Installed[]> {
  const mark = markOf(files[0]!)
  const found: string[] = []
  for (const folder of new Set(files.map(({ path }) => join(prefix, dirname(path))))) {
    const top = /\.service\.d$/.test(folder) ? dirname(folder) : folder
    for (const entry of await readdir(top, { recursive: true, withFileTypes: true }).catch(() => [])) {
      const path = join(entry.parentPath, entry.name)
      if (!entry.isFile() || !/\.(service|conf)$/.test(entry.name) || found.includes(path)) continue
      if ((await readFile(path, 'utf8').catch(() => '')).startsWith(mark)) found.push(path)
    }
  }
  for (const path of found) {
    if (dryRun) continue
    await rm(path, { force: true })
    // A folder of drop-ins with nothing in it.
    if (dirname(path).endsWith('.service.d')) await rmdir(dirname(path)).catch(() => {})
  }
  return found.sort().map((path) => ({ path, change: 'removed' }))
}

const markOf = ({ text }: InstallFile) => text.slice(0, text.indexOf('\n') + 1)

async function readOurs(path: string, mark: string): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null || text.startsWith(mark)) return text
  const whose = text.startsWith(MARK) ? `of the yard in ${text.slice(MARK.length).split('\n', 1)[0]}` : 'not edgeyard’s'
  throw new EdgeyardError(
    'ROOT_UNUSABLE',
    `Cannot write ${path}: it is ${whose}; say --name for other units, or move it away`,
  )
}
