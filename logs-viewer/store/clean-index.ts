// Removes indexes that are of no use any more: of days that have aged, of developers who are gone or have another name, of older versions.
import { rmSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Source } from '../query/wire.ts'

export const INDEX_ENDING = '.blocks'

/** `<derived>/<version>/<server>/<developer>/<day>.blocks` */
export interface IndexPlace {
  readonly source: Source
  readonly day: string
}

export function indexPath(derived: string, version: string, { source, day }: IndexPlace): string {
  return join(derived, version, source.server, source.developer, `${day}${INDEX_ENDING}`)
}

/** Removes what other versions have made, and of this one what is of a day that `isThere` does not know. Never rejects. */
export async function cleanIndex(
  derived: string,
  version: string,
  isThere: (place: IndexPlace) => boolean,
): Promise<void> {
  for (const name of await list(derived)) if (name !== version) await remove(join(derived, name))
  for (const server of await list(join(derived, version))) {
    for (const developer of await list(join(derived, version, server))) {
      for (const name of await list(join(derived, version, server, developer))) {
        if (!name.endsWith(INDEX_ENDING)) continue
        const place = { source: { server, developer }, day: name.slice(0, -INDEX_ENDING.length) }
        if (!isThere(place)) removeIndex(indexPath(derived, version, place))
      }
    }
  }
}

/** One that cannot be removed takes some room, and does no harm. */
export function removeIndex(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // Said above.
  }
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true }).catch(() => undefined)
}

function list(path: string): Promise<string[]> {
  return readdir(path).catch(() => [])
}
