// A record among its neighbours of the same source.
import type { Question, Scope } from '../query/question.ts'
import { parseRecordId } from '../query/record-id.ts'
import type { ShownRecord } from '../query/wire.ts'
import { type Cursor, findCursor, type Scan, scanDays } from './scan-days.ts'
import type { YardDays } from './yard-days.ts'

const EVERYTHING: Question = { developers: [], servers: [], severity: null, from: null, to: null, terms: [] }

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
  for await (const { hits } of scanDays(days, scan)) {
    found.push(...hits)
    if (found.length >= scan.enough) break
  }
  return found.slice(0, scan.enough)
}
