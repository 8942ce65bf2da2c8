// The name of a record: where it lies. It stays the same as long as the record exists, so it can be a link and a cursor.
import { isDeveloperName } from '../../servers/contract/names.ts'
import { RECORD_SOURCES } from '../../servers/contract/record.ts'

export interface RecordId {
  readonly developer: string
  readonly server: string
  /** The UTC day of arrival, `2026-11-20`. */
  readonly day: string
  /** Where its line begins in the file, in bytes. */
  readonly offset: number
}

/** `developer/server/day:offset` */
export function renderRecordId({ developer, server, day, offset }: RecordId): string {
  return `${developer}/${server}/${day}:${offset}`
}

/** Undefined for anything that could not be a record's name: what comes back becomes part of a path. */
export function parseRecordId(text: string): RecordId | undefined {
  const match = /^([^/]+)\/([^/]+)\/(\d{4}-\d\d-\d\d):(\d{1,15})$/.exec(text)
  if (match === null) return undefined
  const [, developer, server, day, offset] = match as unknown as [string, string, string, string, string]
  if (!isDeveloperName(developer) || !isRecordSource(server)) return undefined
  return { developer, server, day, offset: Number(offset) }
}

export function isRecordSource(text: string): boolean {
  return (RECORD_SOURCES as readonly string[]).includes(text)
}
