// Reads the records that were chosen, from whatever holds them.
import { type LogRecord, parseRecordLine } from '../../servers/contract/record.ts'
import { renderRecordId } from '../query/record-id.ts'
import { showRecord } from '../query/show-record.ts'
import type { ShownRecord } from '../query/wire.ts'
import type { Block } from './block.ts'
import { findLines, readLines } from './read-lines.ts'
import type { SourceDay } from './source-day.ts'
import type { Candidate } from './sweep.ts'

/** In the order of the picks. Left out is what cannot contain the needle, and what is gone since it was looked at. */
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
    const found = readDay(day, spans, needle) ?? (await day.readArchived(spans.map(({ offset }) => offset)))
    for (const [index, record] of found.entries()) {
      if (record !== undefined) records[places[index]!] = shownRecord(spans[index]!, record)
    }
  }
  return records.filter((record) => record !== undefined)
}

/** The numbers of a block's records that may contain the needle; null when the log file is gone, and nobody can tell. */
export function pickOut(day: SourceDay, block: Block, needle: string): Uint32Array | null {
  try {
    return findLines(day.place.path, block, block.columns().offsets.subarray(0, block.count), needle)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Undefined when the log file is gone. */
function readDay(
  day: SourceDay,
  spans: readonly Candidate[],
  needle: string | undefined,
): (LogRecord | undefined)[] | undefined {
  try {
    return readLines(day.place.path, spans, needle).map((line) =>
      line === null ? undefined : parseRecordLine(line, day.place.source),
    )
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function shownRecord({ day: { place }, block, index, offset }: Candidate, record: LogRecord): ShownRecord {
  const { server, developer } = place.source
  const id = renderRecordId({ server, developer, day: place.day, offset })
  return showRecord(record, { id, missing: block.missing.get(index) ?? 0 })
}
