// Reads the records that were chosen, from whatever holds them.
import { parseRecordLine } from '../../servers/contract/record.ts'
import { renderRecordId } from '../query/record-id.ts'
import type { ShownRecord } from '../query/wire.ts'
import type { Block } from './block.ts'
import { findLines, readLines } from './read-lines.ts'
import type { SourceDay } from './source-day.ts'
import type { Candidate } from './sweep.ts'

/** In the order of the picks. Left out is what cannot contain the needle, and what is gone since it was looked at. */
export function readPicks(picks: readonly Candidate[], needle: string | undefined): ShownRecord[] {
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
    for (const [index, line] of readDayLines(day, spans, needle).entries()) {
      if (line !== null) records[places[index]!] = shownRecord(spans[index]!, line)
    }
  }
  return records.filter((record) => record !== undefined)
}

/** The numbers of a block's records that may contain the needle. */
export function pickOut(day: SourceDay, block: Block, needle: string): Uint32Array {
  try {
    return findLines(day.place.path, block, block.columns().offsets.subarray(0, block.count), needle)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Uint32Array()
    throw error
  }
}

function readDayLines(day: SourceDay, spans: readonly Candidate[], needle: string | undefined): (string | null)[] {
  try {
    return readLines(day.place.path, spans, needle)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function shownRecord({ day, block, index, offset }: Candidate, line: string): ShownRecord {
  const { source } = day.place
  const missing = block.missing.get(index) ?? 0
  return {
    id: renderRecordId({ ...source, day: day.place.day, offset }),
    ...parseRecordLine(line, source),
    ...(missing > 0 ? { missing } : {}),
  }
}
