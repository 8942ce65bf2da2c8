// Reads the records that were chosen, from whatever holds them. What cannot be read is noted, and left out: others' records can be.
import { messageOf } from '../../servers/contract/errors.ts'
import { type LogRecord, parseRecordLine } from '../../servers/contract/record.ts'
import { renderRecordId } from '../query/record-id.ts'
import { showRecord } from '../query/show-record.ts'
import type { ShownRecord } from '../query/wire.ts'
import type { Block } from './block.ts'
import { findLines, readLines } from './read-lines.ts'
import type { SourceDay } from './source-day.ts'
import type { Candidate } from './sweep.ts'

/** In the order of the picks. Left out is what cannot contain the needle, what is gone since it was looked at, and what cannot be read. */
export async function readPicks(picks: readonly Candidate[], needle: string | undefined): Promise<ShownRecord[]> {
  const byDay = new Map<SourceDay, number[]>()
  for (const [place, { day }] of picks.entries()) {
    const places = byDay.get(day)
    if (places === undefined) byDay.set(day, [place])
    else places.push(place)
  }
  const records: (ShownRecord | undefined)[] = new Array(picks.length)
  for (const [day, places] of byDay) {
    places.sort((a, b) => picks[a]!.offset - picks[b]!.offset)
    const spans = places.map((place) => picks[place]!)
    const found = readDay(day, spans, needle) ?? (await readArchived(day, spans))
    for (const [index, record] of found.entries()) {
      if (record !== undefined) records[places[index]!] = shownRecord(spans[index]!, record)
    }
  }
  return records.filter((record) => record !== undefined)
}

/** The numbers of a block's records that may contain the needle; null when the log file cannot be read, and nobody can tell. */
export function pickOut(day: SourceDay, block: Block, needle: string): Uint32Array | null {
  const offsets = block.columns().offsets.subarray(0, block.count)
  try {
    return findLines(day.place.path, block, offsets, needle)
  } catch {
    return null
  }
}

async function readArchived(day: SourceDay, spans: readonly Candidate[]): Promise<(LogRecord | undefined)[]> {
  try {
    const records = await day.readArchived(spans)
    day.note('read', null)
    return records
  } catch (error) {
    day.note('read', `Cannot read the Parquet of ${day.place.path}: ${messageOf(error)}`)
    return []
  }
}

/** Undefined when the log file is gone, or cannot be read. */
function readDay(
  day: SourceDay,
  spans: readonly Candidate[],
  needle: string | undefined,
): (LogRecord | undefined)[] | undefined {
  try {
    const lines = readLines(day.place.path, spans, needle)
    day.note('read', null)
    return lines.map((line) => (line === null ? undefined : parseRecordLine(line, day.place.source)))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EMFILE' || code === 'ENFILE') throw error
    if (code !== 'ENOENT') day.note('read', `Cannot read ${day.place.path}: ${messageOf(error)}`)
    return undefined
  }
}

function shownRecord({ day: { place }, block, index, offset }: Candidate, record: LogRecord): ShownRecord {
  const { server, developer } = place.source
  const id = renderRecordId({ server, developer, day: place.day, offset })
  return showRecord(record, { id, missing: block.missing.get(index) ?? 0 })
}
