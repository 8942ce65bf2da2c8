// Makes a closed day's Parquet from its log file, and compares the two before it says that it is one.

import { mkdirSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { parseRecordLine, severityNumber } from '../../servers/contract/record.ts'
import { type ArchivedDay, readSeal, writeSeal } from './archive.ts'
import type { Block } from './block.ts'
import type { Parquet, StoredRecord } from './parquet.ts'
import { readLines } from './read-lines.ts'
import type { SourceDay } from './source-day.ts'

const ERROR = severityNumber('error')

/** True when there was something to do. Throws when what was written is not what was read, or when not all of it is in blocks. */
export async function sealDay(day: SourceDay, place: ArchivedDay, parquet: Parquet): Promise<boolean> {
  const { blocks, position, made } = day
  const known = readSeal(place)
  if (blocks.length === 0 || (known?.made === made && known.bytes === position)) return false
  if (!areAll(blocks, position)) throw new Error(`The blocks of ${day.place.path} are not all of it`)
  mkdirSync(place.folder, { recursive: true })
  const read = async function* () {
    for (const block of blocks) yield recordsOf(day, block)
  }
  await parquet.write(place.parquet, read(), place.errors)
  let records = 0
  let errors = 0
  for (const block of blocks) {
    const expected = recordsOf(day, block)
    const written = await parquet.read(place.parquet, block)
    if (!isDeepStrictEqual(written, expected)) throw new Error(`${place.parquet} is not what ${day.place.path} is`)
    records += written.length
    errors += written.filter(({ record }) => severityNumber(record.severity) <= ERROR).length
  }
  writeSeal(place, { made, bytes: position, records, errors })
  return true
}

/** Whoever says that a day is kept has seen every byte of it. */
function areAll(blocks: readonly Block[], position: number): boolean {
  return blocks.every(({ end }, index) => end === (blocks[index + 1]?.start ?? position)) && blocks[0]?.start === 0
}

/** As they can be written: half a character is none. */
function recordsOf(day: SourceDay, block: Block): StoredRecord[] {
  const { offsets } = block.columns()
  const spans = Array.from({ length: block.count }, (_, index) => ({
    offset: block.start + offsets[index]!,
    end: index + 1 < block.count ? block.start + offsets[index + 1]! : block.end,
  }))
  return readLines(day.place.path, spans, undefined).map((line, index) => {
    const { server: _server, developer: _developer, ...record } = parseRecordLine(line ?? '', day.place.source)
    return { offset: spans[index]!.offset, record: JSON.parse(JSON.stringify(record, wellFormed)) as typeof record }
  })
}

function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? Buffer.from(value).toString() : value
}
