// A record among its neighbours of the same source.
import { EVERYTHING, type Scope } from '../query/question.ts'
import { parseRecordId } from '../query/record-id.ts'
import { sizeOf } from '../query/show-record.ts'
import type { ShownRecord } from '../query/wire.ts'
import { type Cursor, findCursor, type Scan, scanDays } from './scan-days.ts'
import type { YardDays } from './yard-days.ts'

/** On either side: long stacks and fields must not fill the memory. */
const CHARACTERS_MAX = 2 * 1024 * 1024

export interface Around {
  readonly before: number
  readonly after: number
  readonly scope: Scope
  readonly signal: AbortSignal
}

/** In the order of arrival. Null when there is no such record in the scope. */
export async function findContext(days: YardDays, text: string, around: Around): Promise<ShownRecord[] | null> {
  const id = parseRecordId(text)
  if (id === undefined) return null
  const scope = around.scope.filter(({ developer, server }) => developer === id.developer && server === id.server)
  const cursor = await findCursor(days, id, scope, around.signal)
  if (cursor.place === undefined) return null
  // What comes behind the place in front of it begins with the record itself.
  const inFront: Cursor = { ...cursor, place: { ...cursor.place, offset: id.offset - 1 } }
  const base = { question: EVERYTHING, scope, signal: around.signal }
  const older = await take(days, { ...base, direction: 'older', behind: cursor, enough: around.before })
  const newer = await take(days, { ...base, direction: 'newer', behind: inFront, enough: around.after + 1 })
  return newer[0]?.id === text ? [...older.reverse(), ...newer] : null
}

async function take(days: YardDays, scan: Scan): Promise<ShownRecord[]> {
  const found: ShownRecord[] = []
  if (scan.enough <= 0) return found
  let characters = 0
  for await (const { hits } of scanDays(days, scan)) {
    for (const hit of hits) {
      found.push(hit)
      characters += sizeOf(hit)
      if (found.length >= scan.enough || characters >= CHARACTERS_MAX) return found
    }
  }
  return found
}
