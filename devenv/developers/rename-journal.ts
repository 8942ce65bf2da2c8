// A renaming that has begun: state/rename.json. While it is there, the first thing the yard does is to finish it.
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { isDeveloperName, MASTER } from '../../servers/contract/names.ts'
import type { YardLayout } from '../sandbox/layout.ts'

export interface Rename {
  readonly from: string
  readonly to: string
}

const fileOf = (layout: YardLayout) => join(layout.state, 'rename.json')

export async function writeRename(layout: YardLayout, { from, to }: Rename): Promise<void> {
  await mkdir(layout.state, { recursive: true, mode: 0o700 })
  await writeFileAtomic(fileOf(layout), `${JSON.stringify({ version: 1, from, to })}\n`, { mode: 0o600 })
}

/** Null when none has begun. Throws `ROOT_UNUSABLE` for a file that is not whole: it is written in one piece. */
export async function readRename(layout: YardLayout): Promise<Rename | null> {
  const file = fileOf(layout)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  try {
    const { version, from, to } = JSON.parse(text) as Rename & { version: unknown }
    if (version === 1 && [from, to].every((name) => isDeveloperName(name) && name !== MASTER)) return { from, to }
  } catch {
    // Told below, as every other text that is none.
  }
  throw new EdgeyardError('ROOT_UNUSABLE', `Cannot use ${file}: it does not say who is renamed; remove it by hand`)
}

export async function forgetRename(layout: YardLayout): Promise<void> {
  await rm(fileOf(layout), { force: true })
}
