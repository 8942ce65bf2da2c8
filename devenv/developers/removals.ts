// Who is being removed, and whether what they leave is kept: written down first, so that a removal that was cut off is finished.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { isDeveloperName } from '../../servers/contract/names.ts'
import type { YardLayout } from '../sandbox/layout.ts'

export interface Removal {
  readonly name: string
  /** Releases, records and Redis data are put aside in `state/removed` instead of deleted. */
  readonly keepData: boolean
  /** Since when, in ISO 8601 UTC: what was put aside before is not this removal's to delete. Null when the file does not say. */
  readonly at: string | null
}

const folderOf = (layout: YardLayout) => join(layout.state, 'removals')
const fileOf = (layout: YardLayout, name: string) => join(folderOf(layout), `${name}.json`)

export async function writeRemoval(layout: YardLayout, { name, keepData, at }: Removal): Promise<void> {
  await mkdir(folderOf(layout), { recursive: true, mode: 0o700 })
  const text = `${JSON.stringify({ version: 1, name, keepData, at })}\n`
  await writeFileAtomic(fileOf(layout, name), text, { mode: 0o600 })
}

/** By name. A file that is not whole keeps the data: what was deleted cannot be brought back. */
export async function readRemovals(layout: YardLayout): Promise<ReadonlyMap<string, Removal>> {
  const files = await readdir(folderOf(layout)).catch(() => [])
  const names = files.map((file) => file.replace(/\.json$/, '')).filter(isDeveloperName)
  const removals = names.map(async (name): Promise<readonly [string, Removal]> => {
    try {
      const { keepData, at } = JSON.parse(await readFile(fileOf(layout, name), 'utf8')) as Removal
      return [name, { name, keepData: keepData !== false, at: typeof at === 'string' ? at : null }]
    } catch {
      return [name, { name, keepData: true, at: null }]
    }
  })
  return new Map(await Promise.all(removals))
}

export async function forgetRemoval(layout: YardLayout, name: string): Promise<void> {
  await rm(fileOf(layout, name), { force: true })
}
