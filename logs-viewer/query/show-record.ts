// A record becomes one that is shown: it gets its name, and is told what is missing before it.
import type { LogRecord } from '../../servers/contract/record.ts'
import type { ShownRecord } from './wire.ts'

/** The record itself, which is the caller's: a copy of each costs more than to parse it. */
export function showRecord(record: LogRecord, { id, missing }: { id: string; missing: number }): ShownRecord {
  const shown: LogRecord & { id?: string; missing?: number } = record
  shown.id = id
  if (missing > 0) shown.missing = missing
  return shown as ShownRecord
}
