// A record becomes one that is shown: it gets its name, and is told what is missing before it.
import type { LogRecord } from '../../servers/contract/record.ts'
import type { ShownRecord } from './wire.ts'

/** Its names, times and numbers. */
const FRAME_CHARACTERS = 200

/** The record itself, which is the caller's: a copy of each costs more than to parse it. */
export function showRecord(record: LogRecord, { id, missing }: { id: string; missing: number }): ShownRecord {
  const shown: LogRecord & { id?: string; missing?: number } = record
  shown.id = id
  if (missing > 0) shown.missing = missing
  return shown as ShownRecord
}

/** How many characters it has, about as many as its line. */
export function sizeOf({ message, stack, request, fields }: LogRecord): number {
  const more = fields === undefined ? 0 : JSON.stringify(fields).length
  return FRAME_CHARACTERS + message.length + (stack?.length ?? 0) + (request?.length ?? 0) + more
}
