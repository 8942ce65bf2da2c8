// The closed days that are kept as Parquet: <archive>/<server>/<developer>/<day>.{parquet,errors.parquet,json}
//
// The .json says what the Parquet was made from, and that it was compared with it; from then on the log file may go, and then the
// Parquet; the errors stay longest. Whoever looks after the yard's disk unlinks them, in this order.
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Source } from '../query/wire.ts'

export interface Seal {
  /** Which log file: what its blocks are stamped with. */
  readonly made: string
  /** How much of it is in here. */
  readonly bytes: number
  readonly records: number
  /** How many of them are errors, which are kept the longest. Left out by an older viewer. */
  readonly errors?: number
}

export interface ArchivedDay {
  readonly folder: string
  readonly parquet: string
  readonly errors: string
  readonly seal: string
}

export function archivedDay(archive: string, { server, developer }: Source, day: string): ArchivedDay {
  const folder = join(archive, server, developer)
  const at = (ending: string) => join(folder, `${day}.${ending}`)
  return { folder, parquet: at('parquet'), errors: at('errors.parquet'), seal: at('json') }
}

/** Undefined for a day that is not archived, or not to its end. */
export function readSeal({ seal }: ArchivedDay): Seal | undefined {
  try {
    const { made, bytes, records, errors } = JSON.parse(readFileSync(seal, 'utf8')) as Seal
    if (typeof made !== 'string' || !Number.isSafeInteger(bytes)) return undefined
    return { made, bytes, records, ...(errors === undefined ? {} : { errors }) }
  } catch {
    return undefined
  }
}

export function writeSeal(place: ArchivedDay, seal: Seal): void {
  mkdirSync(place.folder, { recursive: true })
  writeFileSync(`${place.seal}.part`, `${JSON.stringify(seal)}\n`)
  renameSync(`${place.seal}.part`, place.seal)
}

/** The file that holds most of a day: all of it, or what was an error. */
export function bestParquet({ parquet, errors }: ArchivedDay): { path: string; isWhole: boolean } | undefined {
  for (const path of [parquet, errors]) {
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) return { path, isWhole: path === parquet }
  }
  return undefined
}

/** The days of one source, in order. */
export async function listArchivedDays(archive: string, { server, developer }: Source): Promise<string[]> {
  const names = await readdir(join(archive, server, developer)).catch(() => [])
  return names.flatMap((name) => /^(\d{4}-\d\d-\d\d)\.json$/.exec(name)?.[1] ?? []).sort()
}
