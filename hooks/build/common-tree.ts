// The files of the common library at a commit, in a folder that only we can read: what releases are built with.
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Quarantine } from '../../devenv/git/git.ts'
import type { YardLayout } from '../../devenv/sandbox/layout.ts'
import { COMMON } from '../../servers/contract/names.ts'
import { releaseName } from '../../servers/contract/release.ts'
import { exportTree, requireTree } from '../push/export-tree.ts'
import type { TreeQuotas } from '../validate/check-tree.ts'
import { incomingName, isAbandoned } from './releases.ts'

/** Trees that are kept: a build may be reading the last one while the next is made. They come back from git when they are needed. */
const TREES_KEPT = 5

/** The folder of a commit's files, exported if it is not there. Throws `TREE_REFUSED`. */
export async function ensureCommonTree(
  { layout, quarantine, quotas }: { layout: YardLayout; quarantine: Quarantine; quotas: TreeQuotas },
  commit: string,
): Promise<string> {
  const folder = commonTree(layout, commit)
  const now = new Date()
  if (
    await utimes(folder, now, now).then(
      () => true,
      () => false,
    )
  )
    return folder
  await mkdir(layout.common, { recursive: true, mode: 0o700 })
  const incoming = join(layout.common, incomingName(randomBytes(4).toString('hex')))
  await mkdir(incoming, { mode: 0o700 })
  try {
    const repository = layout.repository(COMMON)
    const files = await requireTree({ repository, commit, quarantine, quotas })
    await exportTree({ repository, quarantine, folder: incoming, base: null, files })
    await rename(incoming, folder).catch((error: NodeJS.ErrnoException) => {
      // Another build was quicker; its files are the same.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(incoming, { recursive: true, force: true })
  }
  await tidyTrees(layout.common)
  return folder
}

export function commonTree(layout: YardLayout, commit: string): string {
  return join(layout.common, releaseName(commit))
}

async function tidyTrees(folder: string): Promise<void> {
  const names = await readdir(folder)
  const ages = await Promise.all(
    names
      .filter((name) => !name.startsWith('.'))
      .map(async (name) => ({ name, at: (await stat(join(folder, name)).catch(() => null))?.mtimeMs ?? 0 })),
  )
  const old = ages.sort((a, b) => b.at - a.at).slice(TREES_KEPT)
  const gone = [...names.filter(isAbandoned), ...old.map(({ name }) => name)]
  await Promise.all(gone.map((name) => rm(join(folder, name), { recursive: true, force: true })))
}
