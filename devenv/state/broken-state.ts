// Files of state on the disk: read, and put aside when they are spoilt.
import { rename } from 'node:fs/promises'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { readSmall } from './read-small.ts'

/** The text of a file of state; null when there is none. Throws `ROOT_UNUSABLE` for one that cannot be read. */
export async function readState(file: string): Promise<string | null> {
  try {
    return readSmall(file)
  } catch (cause) {
    throw new EdgeyardError('ROOT_UNUSABLE', `Cannot read ${file}: ${messageOf(cause)}`, { cause })
  }
}

/** Moves a spoilt file out of the way, for whoever wants to know what was in it; returns where it lies now. */
export async function putAsideBroken(file: string): Promise<string> {
  const aside = `${file}.broken`
  await rename(file, aside)
  return aside
}
